-- Every row of the detailed billing export, once, with what it cost net of its own credits.
-- The only place that unnests credits and labels: each in a subquery of its own row, so that no cost counts twice.
-- `model` is the bare name of a model where the SKU or the service names one, and the SKU's own text elsewhere.
-- `labels` is JSON with sorted keys, so that equal labels are equal texts.
SELECT
  item.usage_start_time,
  item.export_time,
  COALESCE(item.project.id, '') AS project,
  COALESCE(
    -- Vertex AI, the Gemini API, and partner models, each of which is a service of its own ('Claude Opus 4.6').
    item.service.id IN ('C7E2-9256-1C43', 'AEFD-7695-64FA') OR STARTS_WITH(item.service.description, 'Claude '),
    FALSE
  ) AS is_ai,
  CASE
    WHEN STARTS_WITH(item.service.description, 'Claude ')
      THEN LOWER(REGEXP_REPLACE(item.service.description, r'[ .]+', '-'))
    ELSE COALESCE(
      -- 'Gemini 3.7 Flash Global Text Input - Predictions' is gemini-3.7-flash.
      REPLACE(LOWER(REGEXP_EXTRACT(
        item.sku.description,
        r'(?i)\b(gemini .+?) (?:GA|Global|Regional|Multi-?Region\w*|Priority|Flex|Batch|Short|Long|Text|Image Input|Image Output|Audio|Video|Document|Input|Output|Thinking|Cach\w+|Tokens?|Tuning|Grounding|Provisioned)\b'
      )), ' ', '-'),
      item.sku.description,
      ''
    )
  END AS model,
  item.currency,
  CAST(item.currency_conversion_rate AS NUMERIC) AS usd_rate,
  CAST(COALESCE(item.cost, 0) AS NUMERIC) + (
    SELECT COALESCE(SUM(CAST(credit.amount AS NUMERIC)), CAST(0 AS NUMERIC))
    FROM UNNEST(item.credits) AS credit
  ) AS net,
  TO_JSON_STRING(ARRAY(
    SELECT AS STRUCT label.key AS key, label.value AS value
    FROM UNNEST(item.labels) AS label
    ORDER BY label.key, label.value
  )) AS labels
FROM `billing_export` AS item
