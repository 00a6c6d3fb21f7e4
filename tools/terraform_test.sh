#!/usr/bin/env bash
# Runs `terraform validate` and `terraform test` on infra/terraform and its examples, with the provider that
# tools/terraform_provider.sh brings, then checks that the tables of who may do what in both READMEs are what the examples
# say. Names of folders as arguments: only those. Leaves nothing in the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

brought=$(tools/terraform_provider.sh)
provider=$(tail -n 1 <<<"$brought")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A development override needs no lock file, so none is written beside somebody's configuration.
export TF_CLI_CONFIG_FILE=$scratch/terraformrc TF_IN_AUTOMATION=1
# What a test made up and takes away holds no brake (infra/terraform/release.tf).
export FREIO_RELEASE_CHECK=true
cat >"$TF_CLI_CONFIG_FILE" <<END
disable_checkpoint = true
provider_installation {
  dev_overrides {
    "hashicorp/google" = "$provider"
  }
  direct {}
}
END

roots=("$@")
[[ $# -gt 0 ]] || roots=(infra/terraform infra/terraform/examples/*/)
failed=0
for root in "${roots[@]}"; do
    root=${root%/}
    export TF_DATA_DIR=$scratch/data/$root
    echo "== $root: terraform validate"
    terraform -chdir="$root" get -no-color >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        failed=1
        continue
    }
    # Terraform warns of the development override each time; any other warning is somebody's to read.
    said=$(terraform -chdir="$root" validate -no-color 2>&1) || failed=1
    if [[ $(grep -c '^Warning: ' <<<"$said") -gt 1 || ! $said =~ Success! ]]; then
        echo "$said"
    else
        echo 'Success! The configuration is valid.'
    fi
    if compgen -G "$root/*.tftest.hcl" >/dev/null || compgen -G "$root/tests/*.tftest.hcl" >/dev/null; then
        echo "== $root: terraform test"
        terraform -chdir="$root" test -no-color || failed=1
    fi
done
if [[ $# -eq 0 ]]; then
    echo "== infra/terraform/README.md and README.md: who may do what in the examples"
    .venv/bin/python -m tools.terraform.access --check || failed=1
fi
exit "$failed"
