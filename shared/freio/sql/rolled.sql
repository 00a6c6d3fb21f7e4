-- The hourly rollup in the columns of attributed.sql. Usage is exported after it ended, so its export's day bounds what
-- is read of the partitions.
SELECT
  exported AS export_time,
  hour,
  app,
  team,
  cost_centre,
  feature,
  project,
  endpoint,
  model,
  sku_id,
  sku,
  labels,
  currency,
  usd_rate,
  net
FROM `rollup`
WHERE exported >= TIMESTAMP_TRUNC(@exported_since, DAY) AND exported >= @exported_since AND exported <= @as_of
