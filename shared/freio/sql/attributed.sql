-- Whose each hour is: of the apps in @apps (JSON, in the order of the client's file) the first whose match it meets by
-- every kind of evidence that a bill shows; '' is nobody's. A label stands in `labels` as the very text that the rule
-- wants, so finding that text is finding the label. The same rule as `freio.domain.attribution`.
SELECT
  owned.export_time,
  owned.hour,
  COALESCE(JSON_VALUE(owned.rule, '$.app'), '') AS app,
  COALESCE(JSON_VALUE(owned.rule, '$.team'), '') AS team,
  COALESCE(JSON_VALUE(owned.rule, '$.cost_centre'), '') AS cost_centre,
  COALESCE((
    SELECT MAX(JSON_VALUE(label, '$.value'))
    FROM UNNEST(JSON_QUERY_ARRAY(owned.labels)) AS label
    WHERE JSON_VALUE(label, '$.key') = JSON_VALUE(owned.rule, '$.feature')
  ), '') AS feature,
  owned.project,
  owned.endpoint,
  owned.model,
  owned.sku_id,
  owned.sku,
  owned.labels,
  owned.currency,
  owned.usd_rate,
  owned.net
FROM (
  SELECT
    hours.*,
    (
      SELECT rule
      FROM UNNEST(JSON_QUERY_ARRAY(@apps)) AS rule WITH OFFSET AS place
      WHERE (ARRAY_LENGTH(JSON_VALUE_ARRAY(rule, '$.projects')) = 0
          OR hours.project IN UNNEST(JSON_VALUE_ARRAY(rule, '$.projects')))
        AND (ARRAY_LENGTH(JSON_VALUE_ARRAY(rule, '$.models')) = 0
          OR hours.model IN UNNEST(JSON_VALUE_ARRAY(rule, '$.models')))
        AND NOT EXISTS (
          SELECT 1
          FROM UNNEST(JSON_VALUE_ARRAY(rule, '$.labels')) AS wanted
          WHERE STRPOS(hours.labels, wanted) = 0
        )
      ORDER BY place
      LIMIT 1
    ) AS rule
  FROM hours
) AS owned
