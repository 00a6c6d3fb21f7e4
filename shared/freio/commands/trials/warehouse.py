"""Experiments about the billing export, and about what reading it costs."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_LAG = (
    "bq query --use_legacy_sql=false 'SELECT MAX(TIMESTAMP_DIFF(export_time, usage_end_time, HOUR)) AS worst,"
    " APPROX_QUANTILES(TIMESTAMP_DIFF(export_time, usage_end_time, HOUR), 20)[OFFSET(19)] AS p95 FROM `<EXPORT_TABLE>`"
    ' WHERE _PARTITIONTIME >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY) AND cost_type = "regular"\''
)

EXPERIMENTS = (
    Experiment(
        key="partition-pruning",
        belief="A filter on _PARTITIONTIME with a parameter, inside our chain of WITH clauses, drops partitions"
        " unread.",
        why="Each hour would scan the whole export otherwise, and grow dearer every month.",
        commands=("FREIO_WAREHOUSE=bigquery:<FREIO_PROJECT>.<DATASET> freio cost <CONFIG>",),
        expect="Of the dry runs, the hourly refresh reads far less than the daily one, and that less than the whole.",
        otherwise="The command says NOT PRUNED: put literal dates into sql/export_detailed.sql instead of a parameter.",
    ),
    Experiment(
        key="focus-partitions",
        belief="The FOCUS export is a table that is partitioned in a way that a filter on x_ExportTime prunes.",
        why="sql/export_focus.sql has no other filter that could.",
        commands=(
            "bq show --format=prettyjson <EXPORT_DATASET>.gcp_billing_export_focus_… | grep -A4 -i partitioning",
        ),
        expect="timePartitioning with a field, or by the time of ingestion.",
        otherwise="By ingestion: filter on _PARTITIONTIME there as in export_detailed.sql. A view: ask for its table.",
    ),
    Experiment(
        key="focus-credits",
        belief="BilledCost of the FOCUS export holds the credits already, so that x_Credits are not taken off again.",
        why="Every credit would count twice, or not at all.",
        commands=(
            (
                "bq query --use_legacy_sql=false 'SELECT SUM(cost) AS gross, SUM(cost + (SELECT IFNULL(SUM(amount),"
                " 0) FROM"
                ' UNNEST(credits))) AS net FROM `<EXPORT_TABLE>` WHERE invoice.month = "202610"\''
            ),
            (
                "bq query --use_legacy_sql=false 'SELECT SUM(BilledCost) FROM `….gcp_billing_export_focus_…` WHERE"
                ' BillingPeriodStart = "2026-10-01"\''
            ),
        ),
        expect="The FOCUS sum of a month that has ended is the detailed export's net, not its gross.",
        otherwise="It is the gross: add the sum of x_Credits in sql/export_focus.sql, in a subquery of the row.",
        harm="scans one month of two columns of each table",
    ),
    Experiment(
        key="export-lag",
        belief="Usage is exported hours late, seldom more than a day (1.6 days were seen), and within two days.",
        why="After two days an hour counts as settled, and telemetry is no longer looked at for it.",
        commands=(_LAG,),
        expect="p95 under 24, worst under 48, apart from corrections (another cost_type).",
        otherwise="Raise SETTLES in guard/meter.py over the worst.",
        harm="scans 30 days of three columns",
    ),
    Experiment(
        key="partition-of-late-rows",
        belief="A row stands in the partition of the day of its export_time or up to five days later, never earlier.",
        why="A refresh reads partitions from a midnight on, at most five days back: rows outside would be missed.",
        commands=(
            (
                "bq query --use_legacy_sql=false 'SELECT COUNTIF(_PARTITIONTIME < TIMESTAMP_TRUNC(export_time, DAY)) AS"
                " earlier, MAX(DATE_DIFF(DATE(_PARTITIONTIME), DATE(export_time), DAY)) AS days_later FROM"
                " `<EXPORT_TABLE>`"
                " WHERE _PARTITIONTIME >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)'"
            ),
        ),
        expect="earlier is 0, and days_later is 5 at most.",
        otherwise="Read a day of partitions more in sql/export_detailed.sql; raise LATENESS in"
        " adapters/warehouse/rollup.py.",
        harm="scans 30 days of one column",
    ),
    Experiment(
        key="refreshes-at-once",
        belief="Of two refreshes at once, one commits, and the other ends with 'due to concurrent update'.",
        why="Two ticks overlap now and then. Both committing would double the restated days.",
        commands=(
            (
                "gcloud pubsub topics publish freio-watch --project <FREIO_PROJECT> --message '{}' & gcloud pubsub"
                " topics"
                " publish freio-watch --project <FREIO_PROJECT> --message '{}'; wait"
            ),
            (
                "bq query --use_legacy_sql=false 'SELECT hour, project, sku_id, labels, exported, endpoint, COUNT(*)"
                " AS n"
                " FROM `<FREIO_PROJECT>.<DATASET>.hourly_spend` GROUP BY ALL HAVING n > 1'"
            ),
        ),
        expect="No rows; and in the job history at most one of the two transactions committed.",
        otherwise="Put the refresh behind a lease in the store (claim it, run it, let go).",
        harm="one more tick of the watch, and a scan of a part of the rollup",
    ),
    Experiment(
        key="bytes-cap",
        belief="A statement that would read more than maximum_bytes_billed is refused before it costs anything.",
        why="It is the one thing between a faulty filter and a bill.",
        commands=(
            (
                "bq query --use_legacy_sql=false --maximum_bytes_billed=10485760 'SELECT COUNT(DISTINCT"
                " TO_JSON_STRING(t))"
                " FROM `<EXPORT_TABLE>` AS t'"
            ),
        ),
        expect="bytesBilledLimitExceeded, and the job shows 0 bytes billed. A small export (10 MiB) may run.",
        otherwise="Set a custom quota QueryUsagePerDay for the project besides, in MiB.",
        harm="at most 10 MiB scanned",
    ),
    Experiment(
        key="locations",
        belief="Freio's dataset is in the very location of the export's (US, EU or one region).",
        why="One statement reads the one and writes the other, which BigQuery does within one location alone.",
        commands=(
            "bq show --format=prettyjson <EXPORT_DATASET> | grep location",
            "bq show --format=prettyjson <FREIO_PROJECT>:<DATASET> | grep location",
        ),
        expect="The same word twice.",
        otherwise="Make Freio's dataset anew in the export's location; it fills itself from the export.",
    ),
    Experiment(
        key="labels-in-export",
        belief="Labels of a generateContent request on Vertex AI stand in the export's labels; those of the Gemini"
        " Developer API, of OpenAI-compatible calls and of provisioned throughput do not.",
        why="Apps that share a project are told apart by them.",
        commands=(
            (
                'curl -s -H "Authorization: Bearer $(gcloud auth print-access-token)" -H \'Content-Type:'
                " application/json'"
                " https://aiplatform.googleapis.com/v1/projects/<APP_PROJECT>/locations/global/publishers/google/models/"
                'gemini-2.5-flash:generateContent -d \'{"contents":[{"role":"user","parts":[{"text":"hello"}]}],'
                '"labels":{"freio-probe":"labels"}}\''
            ),
            (
                "bq query --use_legacy_sql=false 'SELECT sku.description, l.key, l.value, cost FROM `<EXPORT_TABLE>`,"
                ' UNNEST(labels) AS l WHERE l.key = "freio-probe" AND _PARTITIONTIME >='
                " TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)' # a day later"
            ),
        ),
        expect="Rows with freio-probe = labels.",
        otherwise="Match such apps by project; labels in freio.yaml would leave their spend with nobody.",
        harm="one request of a few tokens",
    ),
)
