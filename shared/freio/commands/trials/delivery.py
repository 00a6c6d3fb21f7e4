"""Experiments about Pub/Sub, Cloud Run, and who may call whom."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

# A whole push: functions-framework answers anything less with 400, before the lock. Let in, it is a sweep's tick.
PUSH = (
    '{"message": {"data": "e30=", "messageId": "1", "attributes": {"tick": "sweep"}},'
    ' "subscription": "projects/p/subscriptions/s"}'
)

EXPERIMENTS = (
    Experiment(
        key="forged-push",
        belief="A push without a token, or with one of another service account, is answered 401 or 403.",
        why="Whoever can post to the enforcer could click.",
        commands=(
            (
                "URL=$(gcloud run services describe freio-enforcer --project <FREIO_PROJECT> --region <REGION>"
                " --format 'value(status.url)')"
            ),
            (
                "curl -s -o /dev/null -w '%{http_code}\\n' -X POST \"$URL\" -H 'Content-Type: application/json'"
                f" -d '{PUSH}'"
            ),
            (
                "curl -s -o /dev/null -w '%{http_code}\\n' -X POST \"$URL\" -H 'Content-Type: application/json'"
                f" -d '{PUSH}' -H"
                ' "Authorization: Bearer $(gcloud auth print-identity-token)"'
            ),
        ),
        expect="403, 401, or 404 where internal calls alone are let in, both times; if you hold roles/run.invoker"
        " yourself, with Freio's line: a push was refused.",
        otherwise="Take allUsers out of roles/run.invoker, and set FREIO_PUSH_SERVICE_ACCOUNT and FREIO_PUSH_AUDIENCE.",
        harm="two refused requests in the log; let in, they would be two sweeps more",
    ),
    Experiment(
        key="token-check",
        belief="Behind Cloud Run's IAM check the token arrives without its signature; in front of nobody it is whole.",
        why="FREIO_PUSH_SIGNATURE=verified-by-cloud-run may be set in the first case only.",
        commands=(
            "gcloud run services get-iam-policy freio-enforcer --project <FREIO_PROJECT> --region <REGION>",
            (
                "gcloud logging read 'resource.labels.service_name=\"freio-enforcer\" AND httpRequest.status=401'"
                " --project <FREIO_PROJECT> --freshness 1d --limit 5"
            ),
        ),
        expect="Only the pushing service account holds roles/run.invoker, and no push of our own got a 401.",
        otherwise="401 for our own pushes: set the variable. Somebody else may invoke: take that binding away.",
    ),
    Experiment(
        key="serverless-header",
        belief="Cloud Run hands X-Serverless-Authorization on to the container when it has authenticated by it, and"
        " Authorization then as the caller wrote it.",
        why="With FREIO_PUSH_SIGNATURE=verified-by-cloud-run a request with that header is refused. If Freio does not"
        " see it, whoever may invoke the enforcer can write a token of the subscription by hand.",
        commands=(
            (
                "gcloud run services describe freio-enforcer --project <FREIO_PROJECT> --region <REGION>"
                " --format 'yaml(spec.template.spec.containers[0].env)' # has FREIO_PUSH_SIGNATURE"
            ),
            (
                "URL=$(gcloud run services describe freio-enforcer --project <FREIO_PROJECT> --region <REGION>"
                " --format 'value(status.url)')"
            ),
            (
                "curl -s -o /dev/null -w '%{http_code}\\n' -X POST \"$URL\" -H 'Content-Type: application/json'"
                ' -H "X-Serverless-Authorization: Bearer $(gcloud auth print-identity-token)"'
                f" -d '{PUSH}'"
                " # as somebody who holds roles/run.invoker, for the minute that it takes"
            ),
            (
                'gcloud logging read \'resource.labels.service_name="freio-enforcer" AND jsonPayload.message:"a push'
                " was refused\"' --project <FREIO_PROJECT> --freshness 10m --limit 5"
            ),
        ),
        expect="403, and a line of Freio's own that names X-Serverless-Authorization.",
        otherwise="401 and a line about no bearer token: Cloud Run strips the header, so verified-by-cloud-run is no"
        " lock of its own, and Cloud Run's IAM alone decides. Say so in adapters/google/push_token.py, and keep"
        " roles/run.invoker to the pushing service account alone. 403 without a line: you may not invoke; nothing is"
        " shown.",
        harm="one refused request in the log; let in, it would be one sweep more",
    ),
    Experiment(
        key="dead-letters",
        belief="After max_delivery_attempts a message goes to the dead-letter topic, if Pub/Sub's own service agent may"
        " publish there and acknowledge here; without the two roles it is delivered for ever, in silence.",
        why="A poison message must end where somebody sees it.",
        commands=(
            "gcloud pubsub topics publish freio-clicks --project <FREIO_PROJECT> --message 'not a click'",
            "gcloud pubsub subscriptions pull freio-dead-letters --project <FREIO_PROJECT> --limit 5 # an hour later",
            (
                "NUMBER=$(gcloud projects describe <FREIO_PROJECT> --format 'value(projectNumber)'); gcloud pubsub"
                " topics"
                " get-iam-policy freio-dead-letters --project <FREIO_PROJECT> | grep"
                " service-$NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com"
            ),
        ),
        expect="The message, with the attribute CloudPubSubDeadLetterSourceDeliveryCount; and the agent's binding.",
        otherwise="Give the agent roles/pubsub.publisher on that topic and roles/pubsub.subscriber on each"
        " subscription.",
        harm="one page to whoever is on call, about a message that nobody can use",
    ),
    Experiment(
        key="retry-backoff",
        belief="A failed push is tried again after 10 s at first, then after growing pauses of at most 600 s.",
        why="A release waits as long as its message does; the sweep finds it within a minute anyway.",
        commands=(
            (
                "gcloud pubsub subscriptions describe freio-clicks-enforcer --project <FREIO_PROJECT>"
                " --format 'value(retryPolicy, deadLetterPolicy, ackDeadlineSeconds, pushConfig.oidcToken)'"
            ),
            (
                "gcloud logging read 'resource.labels.service_name=\"freio-enforcer\" AND httpRequest.status>=400'"
                " --project <FREIO_PROJECT> --freshness 1d --format 'value(timestamp)'"
            ),
        ),
        expect="A policy of 10 s to 600 s, and pauses like that between the refusals of the message above.",
        otherwise="No policy: pushes come back at once and burn invocations; set one.",
    ),
    Experiment(
        key="cold-start",
        belief="slack_inbox answers within 3 s when it starts cold; its one warm instance is there for comfort alone.",
        why="Slack shows an error after 3 s. The warm instance is two thirds of what Freio costs.",
        commands=(
            (
                "gcloud run services update freio-slack-inbox --project <FREIO_PROJECT> --region <REGION>"
                " --min-instances 0"
            ),
            (
                "sleep 1200; curl -s -o /dev/null -w '%{time_total}\\n' -X POST \"$(gcloud run services describe"
                " freio-slack-inbox"
                " --project <FREIO_PROJECT> --region <REGION> --format 'value(status.url)')\" -d ''"
            ),
            (
                "gcloud run services update freio-slack-inbox --project <FREIO_PROJECT> --region <REGION>"
                " --min-instances 1"
            ),
        ),
        expect="Under 2 s, with a 401 for the missing signature.",
        otherwise="Keep the warm instance, and look at `make bench` for what is imported.",
        harm="twenty minutes in which a click may be lost; do it at a quiet time",
    ),
    Experiment(
        key="idle-price",
        belief="An idle warm instance is paid at the idle rate, for which there is no free tier; ticks fit into the"
        " rest.",
        why="`freio cost` says 9.86 USD a month for it, most of the aim of 15 USD.",
        commands=(
            (
                "bq query --use_legacy_sql=false 'SELECT sku.description, SUM(usage.amount_in_pricing_units) AS units,"
                " SUM(cost) AS cost, SUM((SELECT IFNULL(SUM(amount), 0) FROM UNNEST(credits))) AS credits FROM"
                ' `<EXPORT_TABLE>` WHERE project.id = "<FREIO_PROJECT>" AND _PARTITIONTIME >='
                " TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY) GROUP BY 1 ORDER BY cost DESC'"
            ),
        ),
        expect="About what `freio cost` says, item by item.",
        otherwise="Correct domain/google_prices.py, or the assumption in domain/running_work.py that is off.",
        harm="scans 30 days of a few columns",
    ),
)
