-- The journal's copy. `journal_lines` is what was appended; `journal` is what one reads: each line once.
-- Two that append the same lines at once do not see each other's (BigQuery lets INSERTs run side by side), and then
-- both stand in the table, alike to the letter. Months and not days: a month has some megabytes, and a table may have
-- 10,000 partitions. Nothing expires here, so the dataset must set no expiration of its own.
CREATE TABLE IF NOT EXISTS `journal_lines` (
  id STRING NOT NULL,
  happened_at TIMESTAMP NOT NULL,
  kind STRING NOT NULL,
  app STRING NOT NULL,
  incident STRING NOT NULL,
  actor STRING NOT NULL,
  what STRING NOT NULL,
  data STRING NOT NULL,
  written_at TIMESTAMP NOT NULL,
  ordinal INT64 NOT NULL
)
PARTITION BY TIMESTAMP_TRUNC(happened_at, MONTH)
CLUSTER BY app, incident;
CREATE VIEW IF NOT EXISTS `journal` AS
SELECT DISTINCT id, happened_at, kind, app, incident, actor, what, data, written_at, ordinal
FROM `journal_lines`
