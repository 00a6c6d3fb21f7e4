#!/usr/bin/env bash
# Brings a google provider for `make terraform-test` into a cache folder outside the repository, once:
#
# - the real one, where HashiCorp's registry can be reached (Terraform checks its signature);
# - else one that knows the real one's schema and nothing else (tools/terraform/provider, built with Go from pinned
#   sources, a minute or two): it finds every argument, block, type and reference that the real one would refuse by its
#   schema, and every value outside of a documented list, but runs none of the real one's own validation.
#
# Prints the folder on the last line, in which the binary lies.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^google *= *"\(.*\)"$/\1/p' tools/terraform/provider.pin)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/freio/terraform
platform=$(uname -s | tr '[:upper:]' '[:lower:]')_$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
real=$cache/plugins/registry.terraform.io/hashicorp/google/$version/$platform
minutes=${FREIO_TERRAFORM_PROVIDER_MINUTES:-30}

if compgen -G "$real/terraform-provider-google_v$version*" >/dev/null; then
    echo "The google provider $version is here already."
    echo "$real"
    exit
fi
# $1: the command, $2: what to say where it is missing.
need() {
    command -v "$1" >/dev/null || {
        echo "$2" >&2
        exit 1
    }
}

need terraform "The checks of infra/terraform run \`terraform\` 1.11 or newer, and there is none on PATH."

mkdir -p "$cache"
scratch=$(mktemp -d "$cache/new.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/versions.tf" <<END
terraform {
  required_providers {
    google = { source = "hashicorp/google", version = "= $version" }
  }
}
END
printf 'disable_checkpoint = true\nprovider_installation {\n  direct {}\n}\n' >"$scratch/terraformrc"
echo "Fetching the google provider $version from HashiCorp's registry."
if (cd "$scratch" && TF_CLI_CONFIG_FILE=terraformrc timeout "${minutes}m" terraform init -no-color >log 2>&1); then
    mkdir -p "$(dirname "$real")"
    rm -rf "$real"
    mv "$scratch/.terraform/providers/registry.terraform.io/hashicorp/google/$version/$platform" "$real"
    echo "$real"
    exit
fi

echo "WARNING: the google provider itself cannot be had here, and its schema alone stands in for it: the provider's own" >&2
echo "         validation functions do NOT run. terraform init: $(sed -n '/Error/,$p' "$scratch/log" | tr '\n' ' ' | cut -c 1-250)…" >&2

schema=.tools/terraform-schema.json
if [[ ! -f $schema ]]; then
    echo "There is no $schema: run \`make terraform\` first." >&2
    exit 1
fi
sources=(tools/terraform/provider/{go.mod,go.sum,*.go})
made=$cache/schema-only/$(cat "${sources[@]}" "$schema" | sha256sum | cut -c 1-16)
if [[ ! -x $made/terraform-provider-google ]]; then
    need go "The stand-in for the provider is built with Go, and there is no \`go\` on PATH: install Go 1.26 or newer."
    echo "Building the stand-in, with the schema of $version: a minute or two, once."
    # -mod=readonly: what go.sum does not hold the hash of is not built.
    (cd tools/terraform/provider && CGO_ENABLED=0 GOFLAGS=-mod=readonly timeout "${minutes}m" go build -trimpath \
        -buildvcs=false -ldflags="-s -w" -o "$scratch/made/terraform-provider-google" .) || {
        [[ $? -ne 124 ]] || echo "The build was given up after $minutes minutes." >&2
        exit 1
    }
    cp "$schema" "$scratch/made/schema.json"
    rm -rf "$cache/schema-only"
    mkdir -p "$cache/schema-only"
    mv "$scratch/made" "$made"
fi
echo "$made"
