-- What did AI cost in each hour used since @since, by project, model and labels, as the export stood at @as_of?
-- Corrections are rows of their own, so a sum holds them. Currencies are kept apart: the caller refuses two.
SELECT
  UNIX_MICROS(TIMESTAMP_TRUNC(usage_start_time, HOUR)) AS hour_micros,
  project,
  model,
  labels,
  currency,
  SUM(net) AS net
FROM line_items
WHERE is_ai AND usage_start_time >= @since AND export_time <= @as_of
GROUP BY hour_micros, project, model, labels, currency
ORDER BY hour_micros, project, model, labels, currency
