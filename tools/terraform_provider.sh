#!/usr/bin/env bash
# Brings the google provider for `make terraform-test` into a cache folder outside the repository, once: built with Go
# from its module at the pinned commit (tools/terraform/provider.pin), since a registry of providers may be out of reach.
# Five minutes on two cores, 2 GB of memory, 130 MB on disk. Prints the folder on the last line, in which the binary lies.
set -euo pipefail
cd "$(dirname "$0")/.."

pinned() { sed -n "s/^$1 *= *\"\(.*\)\"\$/\1/p" tools/terraform/provider.pin; }
module=$(pinned module) version=$(pinned version) sum=$(pinned sum)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/freio/terraform
made=$cache/google-$version
minutes=${FREIO_TERRAFORM_PROVIDER_MINUTES:-30}

if [[ -x $made/terraform-provider-google ]]; then
    echo "The google provider ($version) is here already."
    echo "$made"
    exit
fi
command -v go >/dev/null || {
    echo "The google provider is built with \`go\`, and there is none on PATH: install Go 1.26 or newer." >&2
    exit 1
}

echo "Building the google provider ($version) with Go: five minutes or more, once."
mkdir -p "$cache"
scratch=$(mktemp -d "$cache/new.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# The module is held against our hash; what it is built from, against its own go.sum.
said=$(go mod download -json "$module@$version")
if [[ $said != *"\"Sum\": \"$sum\""* ]]; then
    printf '%s\n' "$module@$version is not what tools/terraform/provider.pin holds the hash of:" "$said" >&2
    exit 1
fi
GOBIN=$scratch GOFLAGS=-mod=mod CGO_ENABLED=0 timeout "${minutes}m" \
    go install -trimpath -ldflags="-s -w" "$module@$version" || {
    code=$?
    [[ $code -ne 124 ]] || echo "The build of the google provider was given up after $minutes minutes." >&2
    exit "$code"
}
mkdir -p "$made"
mv "$scratch/terraform-provider-google" "$made"
echo "$made"
