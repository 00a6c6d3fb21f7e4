-- What did AI cost in each hour from @since on, by project, model and labels, as the export stood at @as_of?
-- Currencies are kept apart: the caller refuses two. So is what online telemetry does not count: batch jobs, and what is
-- billed by something else than tokens.
SELECT
  UNIX_MICROS(hour) AS hour_micros,
  project,
  model,
  labels,
  currency,
  REGEXP_CONTAINS(sku, r'(?i)\b(Batch|Storage|Provisioned|Tuning|Grounding|Search)\b') AS beside,
  SUM(net) AS net
FROM attributed
WHERE hour >= @since
GROUP BY hour_micros, project, model, labels, currency, beside
ORDER BY hour_micros, project, model, labels, currency, beside
