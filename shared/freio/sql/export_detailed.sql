-- Every row of the standard or the detailed ("resource") billing export, once, with what it cost net of its credits.
-- Reads no column that the standard export lacks. Credits and labels are each unnested in a subquery of their own row,
-- here and nowhere else, so that no cost counts twice.
-- Google adds rows to the table's partition of the day on which it writes them, and a row is written after it was made:
-- what was exported since @exported_since is in the partitions from that day on. Rows of the streaming buffer have none.
SELECT
  item.usage_start_time,
  item.export_time,
  item.service.id AS service_id,
  item.service.description AS service,
  item.sku.id AS sku_id,
  item.sku.description AS sku,
  item.project.id AS project,
  item.location.location AS endpoint,
  item.currency,
  CAST(item.currency_conversion_rate AS NUMERIC) AS usd_rate,
  CAST(COALESCE(item.cost, 0) AS NUMERIC) + (
    SELECT COALESCE(SUM(CAST(credit.amount AS NUMERIC)), CAST(0 AS NUMERIC))
    FROM UNNEST(item.credits) AS credit
  ) AS net,
  TO_JSON_STRING(ARRAY(
    SELECT AS STRUCT label.key AS key, COALESCE(label.value, '') AS value
    FROM UNNEST(item.labels) AS label
    WHERE label.key IN UNNEST(@label_keys)
    ORDER BY label.key, label.value
  )) AS labels
FROM `billing_export` AS item
WHERE (_PARTITIONTIME >= TIMESTAMP_TRUNC(@exported_since, DAY) OR _PARTITIONTIME IS NULL)
  AND item.export_time >= @exported_since
  AND item.export_time <= @as_of
