-- AI spend by hour of use and moment of export. Corrections are rows of their own, so a sum holds them.
-- `model` is the bare name of a model where the SKU or the service names one, and the SKU's own text elsewhere.
-- `labels` is JSON with sorted keys, so that equal labels are equal texts.
SELECT
  export_time,
  TIMESTAMP_TRUNC(usage_start_time, HOUR) AS hour,
  COALESCE(project, '') AS project,
  COALESCE(endpoint, '') AS endpoint,
  CASE
    WHEN STARTS_WITH(service, 'Claude ') THEN LOWER(REGEXP_REPLACE(service, r'[ .]+', '-'))
    ELSE COALESCE(
      -- 'Gemini 3.7 Flash Global Text Input - Predictions' is gemini-3.7-flash.
      REPLACE(LOWER(REGEXP_EXTRACT(
        sku,
        r'(?i)\b(gemini .+?) (?:GA|Global|Regional|Multi-?Region\w*|Priority|Flex|Batch|Short|Long|Text|Image Input|Image Output|Audio|Video|Document|Input|Output|Thinking|Cach\w+|Tokens?|Tuning|Grounding|Provisioned)\b'
      )), ' ', '-'),
      sku,
      ''
    )
  END AS model,
  COALESCE(sku_id, '') AS sku_id,
  COALESCE(sku, '') AS sku,
  labels,
  currency,
  MAX(usd_rate) AS usd_rate,
  SUM(net) AS net
FROM export
-- Vertex AI, the Gemini API, and partner models, each of which is a service of its own ('Claude Opus 4.6').
WHERE service_id IN ('C7E2-9256-1C43', 'AEFD-7695-64FA') OR STARTS_WITH(service, 'Claude ')
GROUP BY export_time, hour, project, endpoint, model, sku_id, sku, labels, currency
