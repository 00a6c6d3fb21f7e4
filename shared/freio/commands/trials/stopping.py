"""Experiments about the levers that stop calls: models taken away, a service turned off, billing unlinked."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_AUTH = "-H \"Authorization: Bearer $(gcloud auth print-access-token)\" -H 'Content-Type: application/json'"
_POLICY = "projects/<APP_PROJECT>/policies/vertexai.allowedModels"
_POLICIES = "https://orgpolicy.googleapis.com/v2/projects/<APP_PROJECT>/policies"
_SHOW = f"curl -s {_AUTH} https://orgpolicy.googleapis.com/v2/{_POLICY}"
_EFFECTIVE = _SHOW + ":getEffectivePolicy"
_REMOVE = f"curl -s -X DELETE {_AUTH} https://orgpolicy.googleapis.com/v2/{_POLICY}"
_PATCH = (
    f"curl -s -X PATCH {_AUTH} 'https://orgpolicy.googleapis.com/v2/{_POLICY}?updateMask=*'"
    f' -d "$(printf \'{{{{"name":"{_POLICY}","etag":"%s","spec":{{spec}}}}}}\' "{{etag}}")"'
)
_HELLO = '{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}'
_FLASH = "publishers/google/models/gemini-2.5-flash:predict"
_COUNTS = (
    f"curl -sG {_AUTH} https://monitoring.googleapis.com/v3/projects/<APP_PROJECT>/timeSeries --data-urlencode"
    " 'filter=metric.type=\"{metric}\"' -d interval.startTime=$(date -u -d -1hour +%FT%TZ)"
    " -d interval.endTime=$(date -u +%FT%TZ)"
)
_INVOCATIONS = _COUNTS.format(metric="aiplatform.googleapis.com/publisher/online_serving/model_invocation_count")
_REQUESTS = _COUNTS.format(metric="serviceruntime.googleapis.com/api/request_count")
_WHILE = "a policy of that project for half an hour: calls of one model are refused there; the last command deletes it"
_OFF = "all of Vertex AI in that project for some minutes"


def _ask(model: str) -> str:
    return (
        f"curl -s -w '%{{http_code}}\\n' {_AUTH} https://aiplatform.googleapis.com/v1/projects/<APP_PROJECT>/locations/"
        f"global/publishers/google/models/{model}:generateContent -d '{_HELLO}'"
    )


def _create(rules: str) -> str:
    body = f'{{"name":"{_POLICY}","spec":{rules}}}'
    return f"curl -s {_AUTH} {_POLICIES} -d '{body}'"


_DENY = _create(f'{{"inheritFromParent":true,"rules":[{{"values":{{"deniedValues":["{_FLASH}"]}}}}]}}')

EXPERIMENTS = (
    Experiment(
        key="models-denied",
        belief="A policy that inherits and denies one model leaves all others allowed, and reads back as it was"
        " written: the value without `is:`, though it holds a colon.",
        why="It is what `allowed_models` writes where nothing stands; a value that reads back otherwise counts as not"
        " set, and a parent that allows all must go on to.",
        commands=(_DENY, _SHOW, _EFFECTIVE, _REMOVE),
        expect=f"deniedValues holds {_FLASH} in the last two, and in force is no allowed value and no denyAll.",
        otherwise="Another way of writing: read values through `bare` in adapters/google/model_policy.py. An error"
        " that asks for `is:`: write it so.",
        source="https://docs.cloud.google.com/vertex-ai/generative-ai/docs/control-model-access; orgpolicy v2's"
        " descriptions say that `is:` is needed where a value holds a colon, and the page's examples have none",
        harm=_WHILE,
    ),
    Experiment(
        key="models-overwrite",
        belief="updateMask=* overwrites all of a policy, its dry run too; with a version that is not the newest it"
        " is refused with 409 ABORTED, and so is deleting.",
        why="A brake must put back what it found to the letter, and never overwrite what somebody wrote in between.",
        commands=(
            _create('{"rules":[{"allowAll":true}]},"dryRunSpec":{"rules":[{"denyAll":true}]'),
            f"OLD=$({_SHOW} | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"etag\"])')",
            _PATCH.format(spec='{"inheritFromParent":true}', etag="$OLD"),
            _SHOW + " # no dryRunSpec, another etag",
            _PATCH.format(spec='{"rules":[{"denyAll":true}]}', etag="$OLD"),
            _REMOVE.replace("vertexai.allowedModels", '"vertexai.allowedModels?etag=$OLD"'),
            _REMOVE,
        ),
        expect="The policy without a dry run, then 409 ABORTED twice, and {} for the last command.",
        otherwise="The dry run is still there, or * is refused: name spec,dryRunSpec in ModelPolicies.write"
        " (adapters/google/model_policy_api.py). No 409: two writers overwrite each other unseen, and the lever must"
        " not be offered where others write policies.",
        source="https://docs.cloud.google.com/organization-policy/reference/rest/v2/projects.policies/patch",
        harm="a policy of that project for a minute; for that minute all models are allowed in it",
    ),
    Experiment(
        key="models-bite",
        belief="A model that was taken away answers 400 FAILED_PRECONDITION within 15 minutes, and counts as response"
        " code 400 in model_invocation_count, with its publisher and model_user_id.",
        why="A proof waits that long, and tells what got through from what was refused by that count.",
        commands=(
            f"date +%T; {_DENY}",
            f"for i in $(seq 40); do date +%T; {_ask('gemini-2.5-flash')} | tail -1; sleep 30; done",
            _ask("gemini-2.5-pro") + " # goes on",
            "sleep 240",
            _INVOCATIONS + " | grep -E 'response_code|publisher|model_user_id|int64Value'",
            _REMOVE,
        ),
        expect="200 at first, then 400 which names the constraint and the model; counts under response_code 400.",
        otherwise="Later: raise BITES in adapters/google/models_probe.py. Not counted, or under another code: change"
        " REFUSALS in adapters/google/invocation_windows.py; a proof then stays inconclusive at best.",
        source="https://docs.cloud.google.com/organization-policy/create-organization-policies; public bug reports",
        harm=_WHILE,
    ),
    Experiment(
        key="models-versions",
        belief="A value without a version denies all versions of a model, and one with a version is accepted.",
        why="Freio denies a model under its bare name and under each version that was called.",
        commands=(
            _create(
                '{"inheritFromParent":true,"rules":[{"values":{"deniedValues":'
                '["publishers/anthropic/models/claude-sonnet-4-5:predict",'
                '"publishers/anthropic/models/claude-sonnet-4-5@20250929:predict"]}}]}'
            ),
            _SHOW,
            _REMOVE,
        ),
        expect="Accepted, and both are read back.",
        otherwise="An error: name bare models alone (Called.values in adapters/google/model_values.py), and see with"
        " models-bite whether a call that names a version is refused, too.",
        harm=_WHILE,
    ),
    Experiment(
        key="models-permission",
        belief="orgpolicy.policy.set on a project is what creating, overwriting and deleting its policies takes, and"
        " a project may be asked for it by testIamPermissions.",
        why="The probe says by it whether Freio may use the lever; the documents name orgpolicy.policies.create, update"
        " and delete beside it.",
        commands=(
            (
                "gcloud iam list-testable-permissions //cloudresourcemanager.googleapis.com/projects/<APP_PROJECT>"
                " --filter 'name:orgpolicy' --format 'value(name)'"
            ),
        ),
        expect="orgpolicy.policy.get and orgpolicy.policy.set.",
        otherwise="Change PERMISSIONS in adapters/google/models_probe.py to those of the list that fit.",
        source="https://cloud.google.com/resource-manager/docs/organization-policy/using-constraints",
    ),
    Experiment(
        key="service-off",
        belief="Disabling aiplatform.googleapis.com succeeds with SKIP though it was used, unless another enabled"
        " service depends on it; calls then get 403 SERVICE_DISABLED within five minutes, are counted in"
        " serviceruntime's request_count and not in model_invocation_count, and enabling brings them back.",
        why="The proof of `disable_service` counts them there.",
        commands=(
            (
                f"date +%T; curl -s -X POST {_AUTH} https://serviceusage.googleapis.com/v1/projects/<APP_PROJECT>/"
                'services/aiplatform.googleapis.com:disable -d \'{"checkIfServiceHasUsage":"SKIP"}\''
            ),
            f"for i in $(seq 20); do date +%T; {_ask('gemini-2.5-flash')} | tail -1; sleep 30; done",
            "gcloud services enable aiplatform.googleapis.com --project <APP_PROJECT>",
            "sleep 240",
            _REQUESTS + " --data-urlencode 'pageSize=50' | grep -E 'response_code\"|service\"|int64Value'",
            _INVOCATIONS + " | grep -E 'response_code|int64Value'",
        ),
        expect="200 at first, then 403; request_count has response_code 403 for aiplatform.googleapis.com.",
        otherwise="Later: raise BITES in adapters/google/service_lever.py. Not counted: the proof stays inconclusive;"
        " say so in REFUSALS in adapters/google/invocation_windows.py. COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES: that"
        " project cannot use this lever.",
        source="https://cloud.google.com/service-usage/docs/reference/rest/v1/services/disable; public bug reports",
        harm=_OFF,
    ),
    Experiment(
        key="billing-off",
        belief="resourcemanager.projects.deleteBillingAssignment alone lets Freio unlink a project's billing account;"
        " within ten minutes calls get 403 BILLING_DISABLED, counted in serviceruntime's request_count.",
        why="The proof of `unlink_billing` counts them there. Use a project made for this, with nothing in it.",
        commands=(
            (
                f"date +%T; curl -s -X PUT {_AUTH} https://cloudbilling.googleapis.com/v1/projects/<APP_PROJECT>/"
                'billingInfo -d \'{"billingAccountName":""}\''
            ),
            f"for i in $(seq 40); do date +%T; {_ask('gemini-2.5-flash')} | tail -1; sleep 30; done",
            "sleep 240",
            _REQUESTS + " | grep -E 'response_code\"|service\"|int64Value'",
            "gcloud billing projects link <APP_PROJECT> --billing-account <BILLING_ACCOUNT>",
        ),
        expect="200 at first, then 403, counted with response_code 403.",
        otherwise="Later: raise BITES in adapters/google/billing_lever.py. Another code: change REFUSALS in"
        " adapters/google/invocation_windows.py.",
        source="https://docs.cloud.google.com/billing/docs/how-to/disable-billing-with-notifications",
        harm="EVERYTHING IN THAT PROJECT STOPS, AND MAY BE DELETED FOR GOOD: an empty project alone",
    ),
)
