"""Experiments about what Google itself does about cost: caps, anomalies, and requests for more quota."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_AUTH = "-H \"Authorization: Bearer $(gcloud auth print-access-token)\" -H 'Content-Type: application/json'"
_BUDGETS = "https://billingbudgets.googleapis.com/v1/billingAccounts/<BILLING_ACCOUNT>/budgets"
_ANOMALIES = "https://cloudbilling.googleapis.com/v1beta/projects/<APP_PROJECT>/anomalies"
_QUOTAS = "https://cloudquotas.googleapis.com/v1/projects/<APP_PROJECT>/locations/global"
_METRIC = "aiplatform.googleapis.com/global_generate_content_input_tokens_per_minute_per_base_model"
_GENERATE = (
    "https://aiplatform.googleapis.com/v1/projects/<APP_PROJECT>/locations/global/publishers/{publisher}/models/"
    "{model}:{method}"
)
_CAP = (
    '{"displayName":"freio-probe","budgetFilter":{"projects":["projects/<APP_PROJECT>"],"services":'
    '["services/C7E2-9256-1C43"],"creditTypesTreatment":"EXCLUDE_ALL_CREDITS","calendarPeriod":"MONTH"},'
    '"amount":{"specifiedAmount":{"units":"1"}},"thresholdRules":[{"thresholdPercent":0.5},{"thresholdPercent":0.8},'
    '{"thresholdPercent":1.0}],"notificationsRule":{"enableProjectLevelRecipients":true},'
    '"spendCap":{"inputState":"CONFIGURED"}}'
)
_DOCUMENTED = "Google's reference; nobody has tried it in a project of ours"

EXPERIMENTS = (
    Experiment(
        key="cap-scope",
        belief="budgets.list with scope=projects/ID gives the spend caps of that project, though they name it by"
        " number.",
        why="Freio asks project by project, and takes the answer for that project's.",
        commands=(
            f"curl -s {_AUTH} '{_BUDGETS}?scope=projects/<APP_PROJECT>' | grep -A3 -e '\"projects\"' -e spendCap",
        ),
        expect="The project's budgets alone, each with projects/NUMBER, and spendCap where there is a cap.",
        otherwise="Other projects' budgets too: compare the number in adapters/google/spend_caps.py.",
        source=_DOCUMENTED,
    ),
    Experiment(
        key="cap-enforced",
        belief="A used-up cap on Vertex AI rests ENFORCED and refuses Gemini's requests; Claude's, which is billed as a"
        " service of its own, go on.",
        why="Freio offers no brake for what Google has paused, and goes on offering one for Claude.",
        commands=(
            f"curl -s -X POST {_AUTH} '{_BUDGETS}' -d '{_CAP}' # then spend more than that there, and wait",
            f"curl -s {_AUTH} '{_BUDGETS}?scope=projects/<APP_PROJECT>' | grep outputState",
            (
                f"curl -s -w '%{{http_code}}' {_AUTH} "
                + _GENERATE.format(publisher="google", model="gemini-2.5-flash", method="generateContent")
                + ' -d \'{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}\''
            ),
            (
                f"curl -s -w '%{{http_code}}' {_AUTH} "
                + _GENERATE.format(publisher="anthropic", model="claude-sonnet-4", method="rawPredict")
                + ' -d \'{"anthropic_version":"vertex-2023-10-16","max_tokens":8,"messages":[{"role":"user","content":'
                '"hello"}]}\''
            ),
            (
                f"curl -s {_AUTH} '{_BUDGETS}?scope=projects/<APP_PROJECT>' # then, for freio-probe's name:"
                f" curl -s -X DELETE {_AUTH} https://billingbudgets.googleapis.com/v1/NAME"
            ),
        ),
        expect="ENFORCED some time after the cap was passed; an error for Gemini, whose status and text are new to us;"
        " 200 for Claude.",
        otherwise="Claude is refused too: drop the exception in domain/spend_cap.py (`pausing`).",
        source=_DOCUMENTED,
        harm="all Gemini traffic of that project, until the cap is deleted: take a project without users",
    ),
    Experiment(
        key="anomaly-resource",
        belief="An anomaly is the resource `Anomaly` of Cloud Billing v1beta, and its message on Pub/Sub looks alike.",
        why="That form is understood whole; of any other, what keys and texts are called.",
        commands=(f"curl -s {_AUTH} {_ANOMALIES} # and compare it with what experiment native-anomaly pulled",),
        expect="name, deviation (actualSpend, expectedSpend), rootCauses with projects/… and services/…, severity.",
        otherwise="Send us both without their names: they become tests of adapters/google/anomaly_message.py.",
        source=_DOCUMENTED,
    ),
    Experiment(
        key="quota-request",
        belief="A quota preference beyond what is granted is filed by create, stays reconciling until it is decided,"
        " and a second one for the same quota and dimensions is refused.",
        why="An approved raise beyond the grant becomes one, and Freio looks for one that stands before it files.",
        commands=(
            (
                f"curl -s {_AUTH} '{_QUOTAS}/services/aiplatform.googleapis.com/quotaInfos?pageSize=500' | grep -B4 -A8"
                f" '{_METRIC}' # the quotaId, its dimensions, and whether it isEligible"
            ),
            (
                f"curl -s -X POST {_AUTH} '{_QUOTAS}/quotaPreferences?quotaPreferenceId=freio-probe' -d '{{\"service\":"
                '"aiplatform.googleapis.com","quotaId":"QUOTA_ID","dimensions":{"base_model":"gemini-2.5-flash-ga"},'
                '"quotaConfig":{"preferredValue":"MORE"},"contactEmail":"YOU","justification":"a test: please deny"}\''
            ),
            f"curl -s {_AUTH} '{_QUOTAS}/quotaPreferences'",
        ),
        expect="reconciling: true with grantedValue as before; later false, with stateDetail. Again: 409.",
        otherwise="Not eligible: Freio says so in the thread; or another error: adapters/google/quota_increases.py.",
        source=_DOCUMENTED,
        harm="a request that somebody at Google reads: the justification asks them to deny it",
    ),
)
