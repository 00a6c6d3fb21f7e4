"""Experiments about what Freio hears, and how late."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_AUTH = '-H "Authorization: Bearer $(gcloud auth print-access-token)"'
_SERIES = "https://monitoring.googleapis.com/v3/projects/<APP_PROJECT>/timeSeries"
_TAP = (
    "gcloud pubsub subscriptions create freio-probe --project <FREIO_PROJECT> --topic {topic}"
    " --message-retention-duration 7d --expiration-period 7d"
)
_PULL = (
    "gcloud pubsub subscriptions pull freio-probe --project <FREIO_PROJECT> --limit 100 --format json --auto-ack"
    " # {later}"
)
_UNTAP = "gcloud pubsub subscriptions delete freio-probe --project <FREIO_PROJECT>"
_COPY = "a second subscription, which copies every message until the last command deletes it"

EXPERIMENTS = (
    Experiment(
        key="telemetry-lag",
        belief="token_count arrives about three minutes late, always within ten.",
        why="LAG in adapters/google/monitoring_meter.py; what ended ten minutes ago is kept and not read again.",
        commands=(
            "date -u +%T # now send one request to a model that is otherwise unused, then:",
            (
                f"while true; do date -u +%T; curl -s {_AUTH}"
                f' "{_SERIES}?filter=metric.type%3D%22aiplatform.googleapis.com'
                "%2Fpublisher%2Fonline_serving%2Ftoken_count%22&interval.endTime=$(date -u"
                " +%FT%TZ)&interval.startTime=$(date"
                ' -u -d -15min +%FT%TZ)" | grep -c endTime; sleep 20; done'
            ),
        ),
        expect="The count rises three to four minutes after the request.",
        otherwise="Raise LAG, and SETTLED in adapters/local/kept_telemetry.py over the longest that was seen.",
        harm="one request of a few tokens, and about 30 reads of time series",
    ),
    Experiment(
        key="series-billed",
        belief="A read is paid by the series that it returns, after they were added up by group.",
        why="Monitoring is the item of `freio cost` that grows with the projects; before grouping it may be many"
        " times.",
        commands=(
            (
                f'curl -s {_AUTH} "https://monitoring.googleapis.com/v3/projects/<FREIO_PROJECT>/timeSeries?filter=metric.type'
                "%3Dhas_substring(%22time_series_billed_for_queries_count%22)&interval.endTime=$(date -u +%FT%TZ)"
                '&interval.startTime=$(date -u -d -1day +%FT%TZ)"'
            ),
        ),
        expect="In a day about a thirtieth of what `freio cost` says under Monitoring reads.",
        otherwise="Pass --series to `freio cost` with the number that fits; read fewer projects in one tick.",
    ),
    Experiment(
        key="budget-cadence",
        belief="A budget's message comes every 20 to 30 minutes, whatever its state, and repeats a threshold that was"
        " crossed; order is not promised.",
        why="Each crossing must count once, and silence of the topic must be told from calm.",
        commands=(_TAP.format(topic="freio-budgets"), _PULL.format(later="a day later"), _UNTAP),
        expect="48 to 72 messages of each budget, with alertThresholdExceeded in those after a crossing.",
        otherwise="Much rarer: budgets are no signal within the hour, and grace has to be set with that in mind.",
        harm=_COPY,
    ),
    Experiment(
        key="budget-quarters",
        belief="A budget of a quarter, or of dates of its own, sends costIntervalStart of that whole period.",
        why="A threshold counts once for its interval; taken for a month, a quarter would fill at once.",
        commands=(
            (
                "gcloud billing budgets create --billing-account <BILLING_ACCOUNT> --display-name freio-probe"
                " --budget-amount 1 --calendar-period quarter --threshold-rule percent=0.01"
                " --notifications-rule-pubsub-topic projects/<FREIO_PROJECT>/topics/freio-budgets"
            ),
            _TAP.format(topic="freio-budgets"),
            _PULL.format(later="an hour later; look for costIntervalStart of freio-probe"),
            _UNTAP,
            (
                "gcloud billing budgets list --billing-account <BILLING_ACCOUNT> --filter 'displayName=freio-probe'"
                " --format 'value(name)' | xargs gcloud billing budgets delete --quiet"
            ),
        ),
        expect="The quarter's first Pacific midnight, 07:00Z or 08:00Z.",
        otherwise="Take the interval from the budget's own definition in adapters/google/budget_message.py.",
        harm="a budget of 1 that crosses its threshold; no app has that name, so that Freio only writes it down",
    ),
    Experiment(
        key="native-anomaly",
        belief="Google's own cost anomalies come to Pub/Sub as JSON that we have never seen.",
        why="Freio recognises projects, amounts, services and times wherever they stand, and keeps every message whole;"
        " a shape that says none of them is told once a day.",
        commands=(
            "gcloud pubsub topics create freio-anomalies --project <FREIO_PROJECT> # name it under Billing > Anomalies",
            _TAP.format(topic="freio-anomalies"),
            _PULL.format(later="after the first anomaly"),
            _UNTAP,
        ),
        expect="A message with a project, a service, an expected and an actual amount: in Freio's journal (what ="
        " native anomaly) with all of them recognised.",
        otherwise="Whatever it is: send us the JSON without its names, and it becomes a test.",
        harm="a topic",
    ),
)
