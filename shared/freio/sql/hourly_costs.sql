-- What did AI cost in each hour from @since on, by project, model and labels, as the export stood at @as_of?
-- Currencies are kept apart: the caller refuses two.
SELECT
  UNIX_MICROS(hour) AS hour_micros,
  project,
  model,
  labels,
  currency,
  SUM(net) AS net
FROM attributed
WHERE hour >= @since
GROUP BY hour_micros, project, model, labels, currency
ORDER BY hour_micros, project, model, labels, currency
