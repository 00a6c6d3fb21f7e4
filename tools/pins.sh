#!/usr/bin/env bash
# Writes requirements/*.txt from pyproject.toml: every version pinned, every file by its hash, no address of an index.
# Existing pins stay; `make pins ARGS=--upgrade` takes the newest of each.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
"$python" -I -m pip install --quiet --require-hashes --only-binary :all: -r requirements/uv.txt

export UV_PYTHON_DOWNLOADS=never

# $1: the file's name in requirements/; the rest: what goes into it.
pin() {
    local file="requirements/$1.txt"
    shift
    echo "$file"
    .venv/bin/uv pip compile --quiet --universal --generate-hashes --python "$python" --python-version 3.11 \
        --no-emit-index-url --annotation-style line --custom-compile-command "make pins" \
        --output-file "$file" "$@"
}

pin uv --group pins "${@}"
pin checkov --group checkov "${@}"
# Everything, once; then each function's share of exactly those versions.
pin dev pyproject.toml --extra dev "${@}"
for extra in slack-inbox budget-alert spend-watch enforcer sandbox; do
    pin "$extra" pyproject.toml --extra "$extra" --constraint requirements/dev.txt
done
