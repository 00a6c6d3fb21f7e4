-- Puts what was exported from @exported_since (a midnight, UTC) on in place of all that the rollup has from
-- @replaced_since on. How far back that is was decided by the run before @number: where another one has been made since,
-- by other rules even, nothing is done.
-- The watermark is the latest moment of export of any row, AI or not; one in the future is a mistake, and is no watermark.
BEGIN TRANSACTION;
UPDATE `rollup_lock` SET number = CASE
  WHEN number = @number - 1 OR @number = 1 THEN @number
  ELSE ERROR('the rollup was refreshed meanwhile: aborted due to concurrent update')
END WHERE TRUE;
DELETE FROM `rollup` WHERE exported >= @replaced_since;
INSERT INTO `rollup` (
  exported, hour, app, team, cost_centre, feature, project, endpoint, model, sku_id, sku, labels, currency, usd_rate,
  net
)
SELECT
  export_time, hour, app, team, cost_centre, feature, project, endpoint, model, sku_id, sku, labels, currency, usd_rate,
  net
FROM attributed;
INSERT INTO `rollup_runs` (number, refreshed_at, restated_from, held_from, watermark, newest, basis, mark)
SELECT
  @number,
  @refreshed_at,
  @exported_since,
  @held_from,
  COALESCE(MAX(CASE WHEN export_time <= @refreshed_at THEN export_time END), @last_watermark),
  COALESCE(MAX(export_time), @last_watermark),
  @basis,
  @mark
FROM export;
COMMIT TRANSACTION
