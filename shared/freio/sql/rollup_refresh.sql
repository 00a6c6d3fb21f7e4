-- Puts what was exported from @exported_since (a midnight, UTC) on in place of what the rollup has of it.
BEGIN TRANSACTION;
DELETE FROM `rollup` WHERE exported >= @exported_since;
INSERT INTO `rollup` (
  exported, hour, app, team, cost_centre, feature, project, endpoint, model, sku_id, sku, labels, currency, usd_rate,
  net
)
SELECT
  export_time, hour, app, team, cost_centre, feature, project, endpoint, model, sku_id, sku, labels, currency, usd_rate,
  net
FROM attributed;
INSERT INTO `rollup_runs` (refreshed_at, restated_from, watermark, rules, mark)
SELECT @refreshed_at, @exported_since, MAX(exported), @rules, @mark
FROM `rollup`
WHERE exported >= TIMESTAMP_SUB(@exported_since, INTERVAL 62 DAY);
COMMIT TRANSACTION
