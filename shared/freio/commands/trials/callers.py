"""Experiments about the levers that stop one caller: an API key, a service account."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_AUTH = "-H \"Authorization: Bearer $(gcloud auth print-access-token)\" -H 'Content-Type: application/json'"
_KEYS = "https://apikeys.googleapis.com/v2/projects/<APP_PROJECT>/locations/global/keys"
_ASK_BY_KEY = (
    "curl -s -w '%{http_code}\\n' -H \"x-goog-api-key: $KEY\" -H 'Content-Type: application/json'"
    " https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
    ' -d \'{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}\''
)
_STRING = (
    "KEY=$(gcloud services api-keys get-key-string freio-probe --location global --project <APP_PROJECT>"
    " --format 'value(keyString)')"
)
_CREATE = (
    "gcloud services api-keys create --key-id freio-probe --project <APP_PROJECT>"
    " --api-target=service=generativelanguage.googleapis.com --allowed-ips=0.0.0.0/0"
)
_DELETE = "gcloud services api-keys delete freio-probe --location global --project <APP_PROJECT>"
_PROBE_KEY = "an API key that was made for this (freio-probe), and is deleted at the end"
_SERIES = (
    f"curl -sG {_AUTH} https://monitoring.googleapis.com/v3/projects/<APP_PROJECT>/timeSeries --data-urlencode"
    ' \'filter=metric.type="serviceruntime.googleapis.com/api/request_count" AND resource.type="consumed_api" AND'
    ' resource.label.service="{service}"\' -d interval.startTime=$(date -u -d -1hour +%FT%TZ)'
    " -d interval.endTime=$(date -u +%FT%TZ) | grep -E 'credential_id|method|response_code|endTime|int64Value'"
)


def _restrict(targets: str) -> str:
    body = f'{{"restrictions":{{"apiTargets":[{targets}],"serverKeyRestrictions":{{"allowedIps":["0.0.0.0/0"]}}}}}}'
    return f"curl -s -X PATCH {_AUTH} '{_KEYS}/freio-probe?updateMask=restrictions' -d '{body}'"


EXPERIMENTS = (
    Experiment(
        key="key-harmless",
        belief="A key may be restricted to a service that is not enabled in its project (webfonts.googleapis.com), and"
        " then calls nothing; within five minutes the Gemini API answers it 403 API_KEY_SERVICE_BLOCKED.",
        why="A key that could call AI services alone must be left with something, since no target means every service.",
        commands=(
            _CREATE,
            _restrict('{"service":"webfonts.googleapis.com"}'),
            f"curl -s {_AUTH} '{_KEYS}/freio-probe' # apiTargets and serverKeyRestrictions both there",
            f"{_STRING}; for i in $(seq 10); do {_ASK_BY_KEY}; sleep 30; done",
            _DELETE,
        ),
        expect="The change is accepted and read back as written; 200 at first, 403 for the last ones.",
        otherwise="400: put an enabled service that does no harm into HARMLESS in adapters/google/key_restrictions.py."
        " Later than five minutes: raise BITES in adapters/google/api_key_probe.py.",
        harm=_PROBE_KEY,
    ),
    Experiment(
        key="key-many-targets",
        belief="A key may have 100 targets, which are read back in the order in which they were written.",
        why="A key without restrictions is left with the enabled services that are not AI, each by its name; what does"
        " not read back as it was written counts as not set.",
        commands=(
            _CREATE,
            (
                "SERVICES=$(gcloud services list --available --project <APP_PROJECT> --limit 100"
                " --format 'value(config.name)' | sort -r | sed 's/.*/{\"service\":\"&\"}/' | paste -sd,)"
            ),
            _restrict("'\"$SERVICES\"'"),
            f"sleep 15; curl -s {_AUTH} '{_KEYS}/freio-probe' | grep '\"service\":' > targets",
            "head -1 targets; wc -l targets",
            _DELETE,
        ),
        expect="100, the last of the alphabet first.",
        otherwise="Refused: lower MOST in adapters/google/key_restrictions.py to what the error says. Another order:"
        " sort the targets in adapters/google/setting_text.py.",
        harm=_PROBE_KEY,
    ),
    Experiment(
        key="caller-counts",
        belief="request_count counts what each caller got through and what it was refused (403), in the project of the"
        " app, with the resource labels credential_id (apikey:UID or serviceaccount:UNIQUE_ID) and method"
        " (google.cloud.aiplatform.v1.PredictionService.GenerateContent).",
        why="It is the proof of both levers. Were refusals not counted, no brake of a caller could be proved.",
        commands=(
            "gcloud services api-keys list --project <APP_PROJECT> --format 'value(uid, name)'",
            "gcloud iam service-accounts list --project <APP_PROJECT> --format 'value(uniqueId, email)'",
            _SERIES.replace("{service}", "generativelanguage.googleapis.com"),
            _SERIES.replace("{service}", "aiplatform.googleapis.com"),
        ),
        expect="Both kinds of credential with those ids, codes as response_code; after key-harmless and iam-deny also"
        " 403. The newest endTime is some minutes old, half an hour at most.",
        otherwise="No 403: leave api_key and iam_deny to people, who can see it in the app. Other ids or"
        " methods: correct adapters/google/caller_windows.py. Older points: raise SETTLED there.",
    ),
    Experiment(
        key="deny-permissions",
        belief="Whether Freio may write deny policies can be asked on the project, though the role that allows it"
        " (roles/iam.denyAdmin) is granted above it.",
        why="A lever that cannot be set must not be offered in an emergency.",
        commands=(
            (
                f"curl -s -X POST {_AUTH} https://cloudresourcemanager.googleapis.com/v3/projects/<APP_PROJECT>:"
                'testIamPermissions -d \'{"permissions":["iam.denypolicies.get","iam.denypolicies.create",'
                '"iam.denypolicies.update","iam.denypolicies.delete"]}\' # it asks, and changes nothing'
            ),
        ),
        expect="Those that you hold, and no error.",
        otherwise="400: they do not apply to projects; ask the organisation in adapters/google/deny_lever.py.",
        harm="nothing: the question is a POST",
    ),
)
