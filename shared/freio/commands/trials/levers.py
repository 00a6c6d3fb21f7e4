"""Experiments about what brakes, and what only seems to."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_METRIC = "aiplatform.googleapis.com/global_generate_content_input_tokens_per_minute_per_base_model"
_UNIT = "1/min/{project}/{base_model}"
_AUTH = "-H \"Authorization: Bearer $(gcloud auth print-access-token)\" -H 'Content-Type: application/json'"
_QUOTAS = "https://serviceusage.googleapis.com/v1beta1/projects/<APP_PROJECT>/services/aiplatform.googleapis.com"
_GENERATE = (
    "https://aiplatform.googleapis.com/v1/projects/<APP_PROJECT>/locations/{place}/publishers/google/models/"
    "gemini-2.5-flash:generateContent"
)
_HELLO = '{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}'


def _override(value: int, *, force: bool, base_model: str = "gemini-2.5-flash-ga") -> str:
    body = (
        f'{{"inlineSource":{{"overrides":[{{"metric":"{_METRIC}","unit":"{_UNIT}","overrideValue":"{value}",'
        f'"dimensions":{{"base_model":"{base_model}"}}}}]}},"force":{str(force).lower()}}}'
    )
    return f"curl -s -X POST {_AUTH} '{_QUOTAS}/consumerQuotaMetrics:importConsumerOverrides' -d '{body}'"


def _ask(place: str, times: int) -> str:
    return (
        f"for i in $(seq {times}); do curl -s -o /dev/null -w '%{{http_code}} ' {_AUTH} {_GENERATE.format(place=place)}"
        f" -d '{_HELLO}'; done; echo"
    )


_REMOVE = (
    f'curl -s {_AUTH} \'{_QUOTAS}/consumerQuotaMetrics?view=FULL\' | grep -o \'"name": "[^"]*consumerOverrides[^"]*"\''
    f" # then, for each name: curl -s -X DELETE {_AUTH} 'https://serviceusage.googleapis.com/v1beta1/NAME?force=true'"
)
_BRAKES = "an override in that project for some minutes: its requests are refused; the last command finds it again"

EXPERIMENTS = (
    Experiment(
        key="override-binds",
        belief="An override of input tokens a minute for a base model binds on the global endpoint, though the model"
        " runs"
        " on dynamic shared quota, which Google says has none.",
        why="It is Freio's first lever; two public reports say that it binds, and Google's documents say otherwise.",
        commands=(_override(10, force=True), "sleep 120", _ask("global", 30), _REMOVE),
        expect="200 at first, then 429 for most requests.",
        otherwise="200 throughout: the lever refutes itself in its proof; take quota out of `levers` in freio.yaml.",
        harm=_BRAKES,
    ),
    Experiment(
        key="override-of-nothing",
        belief="An override whose base_model matches nothing succeeds, and binds nothing.",
        why="Base models have odd names (gemini-2.5-flash-ga), and a wrong one looks like a success.",
        commands=(_override(10, force=True, base_model="gemini-0-none"), "sleep 120", _ask("global", 10), _REMOVE),
        expect="The operation ends without an error, and all requests get 200.",
        otherwise="An error: the lever may trust the reply, and spare the reading back.",
        harm="an override that binds nothing",
    ),
    Experiment(
        key="multi-region",
        belief="The multi-region endpoints (us, eu) have no quota that an override could bind.",
        why="Freio says of traffic there that the lever does not bind, and offers another.",
        commands=(
            f"curl -s {_AUTH} '{_QUOTAS}/consumerQuotaMetrics?view=FULL' | grep -c '\"region\": \"\\(us\\|eu\\)\"'",
            _override(10, force=True),
            "sleep 120",
            _ask("us", 10).replace("https://aiplatform", "https://aiplatform.us.rep"),
            _REMOVE,
        ),
        expect="0, then 200 for every request in spite of the override.",
        otherwise="429: add those places to adapters/google/quota_catalogue.py.",
        harm=_BRAKES,
    ),
    Experiment(
        key="effect-time",
        belief="The operation takes 5 to 10 s, and the effect some tens of seconds more.",
        why="A proof looks at windows from two minutes after the change (EFFECT in guard/prove.py).",
        commands=(
            f"date +%T; {_override(10, force=True)}",
            "for i in $(seq 60); do date +%T; " + _ask("global", 3) + "; sleep 2; done # note the first 429",
            _REMOVE,
        ),
        expect="The first 429 less than two minutes after the call.",
        otherwise="Raise EFFECT over what was seen: earlier windows would refute a brake that binds.",
        harm=_BRAKES,
    ),
    Experiment(
        key="force",
        belief="A decrease of more than a tenth, or under the present usage, is refused without force.",
        why="Freio always sends force, and relies on nobody else's override being overwritten by it unseen.",
        commands=(_override(1000, force=False), _override(1000, force=True), _REMOVE),
        expect="First 400 FAILED_PRECONDITION, which names the decrease (COMMON_QUOTA_… in its details); then success.",
        otherwise="No refusal: force may be left out, and a narrower permission may do.",
        harm=_BRAKES,
    ),
    Experiment(
        key="iam-deny",
        belief="A deny policy on aiplatform.googleapis.com/endpoints.predict stops one service account's requests.",
        why="It would be the one lever for a single service account. Whether deny policies know it is not verified.",
        commands=(
            (
                "gcloud iam list-testable-permissions //cloudresourcemanager.googleapis.com/projects/<APP_PROJECT>"
                " --filter"
                " 'name:aiplatform.endpoints.predict'"
            ),
            (
                'echo \'{"rules":[{"denyRule":{"deniedPrincipals":["principal://iam.googleapis.com/projects/-/'
                'serviceAccounts/freio-probe@<APP_PROJECT>.iam.gserviceaccount.com"],"deniedPermissions":'
                '["aiplatform.googleapis.com/endpoints.predict"]}}]}\' > deny.json'
            ),
            (
                "gcloud iam policies create freio-probe --kind denypolicies --policy-file deny.json --attachment-point"
                " cloudresourcemanager.googleapis.com/projects/<APP_PROJECT>"
            ),
            "sleep 420; "
            + _ask("global", 3).replace(
                "print-access-token",
                "print-access-token --impersonate-service-account freio-probe@<APP_PROJECT>.iam.gserviceaccount.com",
            ),
            (
                "gcloud iam policies delete freio-probe --kind denypolicies --attachment-point"
                " cloudresourcemanager.googleapis.com/projects/<APP_PROJECT>"
            ),
        ),
        expect="The policy is made, and the three requests get 403. Google says two minutes as a rule, seven or more at"
        " times.",
        otherwise="The permission is refused as not supported: leave iam_deny out of `levers`.",
        harm="a deny policy against a service account that was made for this (freio-probe)",
    ),
)
