#!/usr/bin/env bash
# Builds the BigQuery emulator that tools/bigquery_emulator pins (Go; some minutes, once), into .tools/, and says how to
# get Google's own two where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."

pins=tools/bigquery_emulator
module=github.com/goccy/bigquery-emulator
version=$(awk -v module="$module" '$1 == "require" && $2 == module {print $3}; $1 == module {print $2}' "$pins/go.mod")
binary=.tools/bigquery-emulator
stamp=.tools/bigquery-emulator.built-from
wanted=$(cat "$pins/go.mod" "$pins/go.sum" | sha256sum)

if [[ -x $binary && $(cat "$stamp" 2>/dev/null) == "$wanted" ]]; then
    echo "The BigQuery emulator $version is built already."
else
    if ! command -v go >/dev/null; then
        echo "The BigQuery emulator is built with Go, and there is no \`go\` on PATH: install Go 1.26 or newer." >&2
        exit 1
    fi
    echo "Building the BigQuery emulator $version: some minutes, once."
    mkdir -p .tools
    # -mod=readonly: what go.sum does not hold the hash of is not built.
    (cd "$pins" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false -ldflags="-s -w" \
        -o "../../$binary" "$module/cmd/bigquery-emulator")
    echo "$wanted" >"$stamp"
fi

# Google's two come with the Cloud SDK.
platform=$(dirname "$(dirname "$(readlink -f "$(command -v gcloud || echo /nowhere/bin/gcloud)")")")/platform
for component in pubsub-emulator cloud-firestore-emulator; do
    if [[ ! -d $platform/$component ]]; then
        echo "WARNING: $component is missing: \`gcloud components install $component\` brings it (it runs on Java 17 or newer)." >&2
    fi
done
