#!/usr/bin/env bash
# Installs Debian's Chromium in the version of tools/browser.pin, with the fonts that screenshots need.
# Where Debian has replaced that version, says so loudly and takes what Debian has now.
set -euo pipefail

pinned=$(cat "$(dirname "$0")/browser.pin")
fonts=(fonts-dejavu-core fonts-noto-color-emoji)
status() { dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null || true; }

if ! command -v apt-get dpkg-query >/dev/null; then
    echo "The browser tests drive Debian's Chromium, and there is no apt-get here: put a \`chromium\` on PATH instead." >&2
    exit 1
fi

missing=()
for font in "${fonts[@]}"; do
    [[ $(status "$font") == installed* ]] || missing+=("$font")
done
if [[ $(status chromium) == "installed $pinned" && ${#missing[@]} -eq 0 ]]; then
    echo "Chromium $pinned is installed already."
    exit 0
fi
if [[ $(id -u) -ne 0 ]]; then
    echo "Installing Chromium needs root: run \`sudo tools/browser.sh\`." >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
chromium=(chromium chromium-common)
if apt-cache madison chromium | awk '{print $3}' | grep --quiet --line-regexp --fixed-strings "$pinned"; then
    chromium=("chromium=$pinned" "chromium-common=$pinned")
fi
apt-get install --quiet=2 --yes --no-install-recommends --allow-downgrades "${chromium[@]}" "${fonts[@]}"

taken=$(status chromium)
if [[ $taken != "installed $pinned" ]]; then
    echo "WARNING: Debian no longer carries Chromium $pinned; the tests now drive ${taken#installed }." >&2
fi
