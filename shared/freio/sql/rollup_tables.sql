-- One row, the last run's number, which every refresh changes: BigQuery ends one of two transactions that change the same
-- table, and a DELETE that finds nothing changes nothing.
CREATE TABLE IF NOT EXISTS `rollup_lock` AS SELECT 0 AS number;
-- The rollup, by the day of export: what was exported later restates hours, and is found by its partition alone.
-- Kept for a year and a month: a month may be held against that of the year before.
CREATE TABLE IF NOT EXISTS `rollup` (
  exported TIMESTAMP NOT NULL,
  hour TIMESTAMP NOT NULL,
  app STRING NOT NULL,
  team STRING NOT NULL,
  cost_centre STRING NOT NULL,
  feature STRING NOT NULL,
  project STRING NOT NULL,
  endpoint STRING NOT NULL,
  model STRING NOT NULL,
  sku_id STRING NOT NULL,
  sku STRING NOT NULL,
  labels STRING NOT NULL,
  currency STRING NOT NULL,
  usd_rate NUMERIC,
  net NUMERIC NOT NULL
)
PARTITION BY TIMESTAMP_TRUNC(exported, DAY)
CLUSTER BY app, project, model
OPTIONS (partition_expiration_days = 400);
-- One row for each time that the rollup was brought up to date.
CREATE TABLE IF NOT EXISTS `rollup_runs` (
  number INT64 NOT NULL,
  refreshed_at TIMESTAMP NOT NULL,
  restated_from TIMESTAMP NOT NULL,
  held_from TIMESTAMP NOT NULL,
  watermark TIMESTAMP NOT NULL,
  newest TIMESTAMP NOT NULL,
  basis STRING NOT NULL,
  mark STRING NOT NULL
)
