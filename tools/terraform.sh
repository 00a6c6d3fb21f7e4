#!/usr/bin/env bash
# Brings what the checks of infra/terraform need, pinned, where it is not there yet: the google provider's schema (npm),
# a provider to run `terraform validate` and `terraform test` with, and checkov in an environment of its own.
# With names of parts, only those: tools/terraform.sh schema checkov provider.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
mkdir -p .tools

# $1: the command, $2: what needs it.
need() {
    command -v "$1" >/dev/null || {
        echo "$2 needs \`$1\`, and there is none on PATH." >&2
        exit 1
    }
}

# What is here was made from exactly these files: $1 is the stamp, the rest are the files.
made_from() {
    local stamp=$1
    shift
    [[ $(cat "$stamp" 2>/dev/null) == "$(cat "$@" | sha256sum)" ]]
}

schema() {
    local pins=tools/terraform/package made=.tools/terraform-schema.json
    local from=("$pins/package-lock.json" tools/terraform/schema.py)
    local version
    version=$(sed -n 's|.*"@cdktf/provider-google": "\(.*\)".*|\1|p' "$pins/package.json")
    if [[ -f $made ]] && made_from "$made.made-from" "${from[@]}"; then
        echo "The google provider's schema is here already (@cdktf/provider-google $version)."
        return
    fi
    need npm "The google provider's schema"
    echo "Reading the google provider's schema out of @cdktf/provider-google $version: half a minute, once."
    local folder
    folder=$(mktemp -d .tools/npm.XXXXXX)
    # npm ci installs what the lock file holds the hash of, and nothing else; no script of a package runs.
    cp "$pins"/{package.json,package-lock.json,.npmrc} "$folder"
    (cd "$folder" && npm ci --silent)
    "$python" -m tools.terraform.schema "$folder/node_modules/@cdktf/provider-google" "$made"
    rm -rf "$folder"
    cat "${from[@]}" | sha256sum >"$made.made-from"
}

provider() {
    tools/terraform_provider.sh
}

checkov() {
    local pins=requirements/checkov.txt made=.tools/checkov
    local version
    version=$(sed -n 's|^checkov==\([^ ]*\).*|\1|p' "$pins")
    if [[ -x $made/bin/checkov ]] && made_from "$made/made-from" "$pins"; then
        echo "checkov $version is here already."
        return
    fi
    echo "Installing checkov $version into $made: a minute or two, once."
    rm -rf "$made"
    "$python" -I -m venv "$made"
    "$made/bin/python" -I -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
        --only-binary :all: --requirement "$pins"
    cat "$pins" | sha256sum >"$made/made-from"
}

[[ $# -gt 0 ]] || set -- schema checkov provider
for part in "$@"; do
    "$part"
done
