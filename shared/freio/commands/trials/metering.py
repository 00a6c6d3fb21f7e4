"""Experiments about what telemetry counts, and what a token costs."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_AUTH = '-H "Authorization: Bearer $(gcloud auth print-access-token)"'
_SERIES = "https://monitoring.googleapis.com/v3/projects/<APP_PROJECT>/timeSeries"
_TOKENS = (
    f"curl -s {_AUTH} -G {_SERIES}"
    " --data-urlencode 'filter=metric.type=\"aiplatform.googleapis.com/publisher/online_serving/token_count\"'"
    ' -d interval.endTime=$(date -u +%FT%TZ) -d interval.startTime=$(date -u -d "{since}" +%FT%TZ){more}'
)
_GENERATE = (
    f"curl -s -o /dev/null -X POST {_AUTH} -H 'Content-Type: application/json'"
    " https://aiplatform.googleapis.com/v1/projects/<APP_PROJECT>/locations/global/publishers/google/models/"
    'gemini-2.5-flash:generateContent -d \'{{"contents":[{{"role":"user","parts":[{{"text":"hello"}}]}}]}}\'{header}'
)

EXPERIMENTS = (
    Experiment(
        key="request-types",
        belief="token_count tells standard, priority and flex apart by shared_request_type, and provisioned throughput"
        " by request_type; batch jobs do not stand in it.",
        why="Each is billed at a factor of its own (domain/rates.py); provisioned throughput costs no token.",
        commands=(
            _GENERATE.format(header=" -H 'X-Vertex-AI-LLM-Shared-Request-Type: flex'"),
            _GENERATE.format(header=" -H 'X-Vertex-AI-LLM-Shared-Request-Type: priority'"),
            "sleep 300; "
            + _TOKENS.format(since="-15min", more="")
            + " | grep -E 'request_type|\"type\"' | sort | uniq -c",
        ),
        expect="flex and priority beside standard; request_type is shared for all three.",
        otherwise="A way that domain/rates.py does not know is told as spend without a price: add it there.",
        harm="two requests of a few tokens",
    ),
    Experiment(
        key="request-counts",
        belief="model_invocation_count labels what was answered response_code 2xx and tells shared from dedicated by"
        " request_type, as token_count does; each request counts once, when it is answered.",
        why="Requests are judged beside tokens (guard/paces.py): what was refused costs nothing and is not counted.",
        commands=(
            _GENERATE.format(header=""),
            "sleep 300; "
            + _TOKENS.format(since="-15min", more="").replace("token_count", "model_invocation_count")
            + " | grep -E 'request_type|response_code|int64Value' | sort | uniq -c",
        ),
        expect="One point of 1 with response_code 200 and request_type shared.",
        otherwise="Change ANSWERED in adapters/google/monitoring_meter.py. Without the labels tokens alone are judged;"
        " a question that is refused makes each tick fail for projects that cost more than the money gate.",
        harm="one request of a few tokens",
    ),
    Experiment(
        key="token-kinds",
        belief="Google's models report input and output alone, thinking within output and cached tokens within input;"
        " Anthropic's report cache_read_input, cache_write_input and cache_write_1h_input beside input.",
        why="A kind that counted twice, or was missing, would shift each estimate until bills correct it.",
        commands=(_TOKENS.format(since="-1day", more="") + " | grep '\"type\"' | sort | uniq -c",),
        expect="No other kinds than these five.",
        otherwise="A new kind is told as spend without a price; say in domain/rates.py what it costs.",
    ),
    Experiment(
        key="late-points",
        belief="A point of token_count that has come is not changed, and none comes later than ten minutes.",
        why="What ended ten minutes ago stays (adapters/local/kept_telemetry.py), a pace leaves out three minutes.",
        commands=(
            _TOKENS.format(since="-30min", more="") + " > early.json",
            "sleep 7200; " + _TOKENS.format(since="-150min", more="") + " > late.json; ls -l early.json late.json",
        ),
        expect="Every point of the first file stands in the second one with the same value.",
        otherwise="Raise SETTLED in adapters/local/kept_telemetry.py, and FILLING in guard/paces.py.",
    ),
    Experiment(
        key="fortnight-of-steps",
        belief="A fortnight of five-minute steps of one project is one list of few pages, within the function's time.",
        why="A new process of the watch asks each project for it once, before its first tick is done.",
        commands=(
            "time "
            + _TOKENS.format(
                since="-14days",
                more=" -d aggregation.alignmentPeriod=300s -d aggregation.perSeriesAligner=ALIGN_DELTA"
                " -d aggregation.crossSeriesReducer=REDUCE_SUM"
                " -d aggregation.groupByFields=resource.label.model_user_id -d pageSize=100000",
            )
            + " | wc -c",
        ),
        expect="Some seconds at most.",
        otherwise="Lower KEPT in guard/paces.py: a week is enough for the detector to begin with.",
    ),
    Experiment(
        key="priority-factor",
        belief="Priority costs 1.8 times, flex and batch half of the standard price, for every Gemini model.",
        why="The factors of domain/rates.py are those of two models in the catalogue of 2026-08-15.",
        commands=(
            (
                f"curl -s {_AUTH} 'https://cloudbilling.googleapis.com/v1/services/C7E2-9256-1C43/skus?pageSize=5000'"
                " | grep -E '\"description\"|nanos|units' | grep -A2 -E 'Gemini 3.* Text (In|Out)put'"
            ),
        ),
        expect="The same ratios for each model.",
        otherwise="Add the model's own factors to domain/rates.py; with the catalogue readable they are not used.",
    ),
    Experiment(
        key="sku-names",
        belief="Every SKU of a token of text can be read by its description, Claude's too.",
        why="Contract prices are found by it (adapters/google/sku_names.py); Claude's are hardly published.",
        commands=(
            (
                f"curl -s {_AUTH} 'https://cloudbilling.googleapis.com/v1/services?pageSize=5000'"
                ' | grep -B2 \'"displayName": "Claude\''
            ),
            (
                "gcloud logging read 'resource.labels.service_name=\"freio-spend-watch\"' --project <FREIO_PROJECT>"
                " --freshness 2d | grep 'left out' # and the journal's entries on reading prices"
            ),
        ),
        expect="Nothing is left out, or only wares that no app uses.",
        otherwise="Send us the descriptions that were left out; until then the price list stands in.",
    ),
    Experiment(
        key="contract-price",
        belief="The account's price of a SKU (v1beta) goes by the SKU's public id, is given in USD on demand, and is"
        " the list's where there is no contract. It takes Billing Account Viewer.",
        why="It overrides the price list; refused, the list stands in, and that is journalled.",
        commands=(
            (
                f"curl -s {_AUTH} 'https://cloudbilling.googleapis.com/v1beta/billingAccounts/<BILLING_ACCOUNT>/skus/"
                "EAC4-305F-1249/price?currencyCode=USD'"
            ),
        ),
        expect="A rate with tiers, each with listPrice and contractPrice, and unitInfo.",
        otherwise="Compare with adapters/google/billing_catalogue.py: what it cannot read leaves the list in force.",
    ),
    Experiment(
        key="promotional-credits",
        belief="The halved prices of some Flash models until 2026-12-31 come as credits: the catalogue shows the full"
        " price, and genai-prices the halved one.",
        why="With the catalogue readable the estimate is twice the net bill until the ratio has learned it, and half of"
        " it for some days from 2027-01-01 on.",
        commands=(
            (
                "bq query --use_legacy_sql=false 'SELECT sku.description, SUM(cost) AS cost, SUM((SELECT SUM(c.amount)"
                ' FROM UNNEST(credits) AS c)) AS credits FROM `<EXPORT_TABLE>` WHERE sku.description LIKE "Gemini 3%"'
                " AND _PARTITIONTIME >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 3 DAY) GROUP BY 1'"
            ),
        ),
        expect="Credits of half of the cost.",
        otherwise="Without credits the catalogue and the list agree, and nothing is to be learned.",
        harm="none: it scans three days of the export",
    ),
    Experiment(
        key="request-log-labels",
        belief="The request-response log has no column of labels, callers or keys.",
        why="Apps that share a project are therefore divided by the labels of their bills, and the message says so.",
        commands=(
            "bq show --schema <APP_PROJECT>:<DATASET>.request_response_logging # the log's own table, where one is",
        ),
        expect="endpoint, model, full_request and others, as `freio.guard.basis` takes for granted; labels only in"
        " full_request, if callers send them.",
        otherwise="Tell us the column: it would divide tokens by the minute, and not by the week.",
    ),
)
