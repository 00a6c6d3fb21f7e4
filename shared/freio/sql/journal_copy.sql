-- Appends those of @lines (a JSON list) that are not in the table yet. An entry's id may come again once Firestore has
-- let go of the first, 400 days later, so that a line is known by its id and its instant. All of them lie between
-- @first and @last: only those partitions are read.
INSERT INTO `journal_lines` (id, happened_at, kind, app, incident, actor, what, data, written_at, ordinal)
SELECT
  given.id, given.happened_at, given.kind, given.app, given.incident, given.actor, given.what, given.data,
  given.written_at, given.ordinal
FROM (
  SELECT
    JSON_VALUE(line, '$.id') AS id,
    TIMESTAMP_MICROS(CAST(JSON_VALUE(line, '$.happened_at') AS INT64)) AS happened_at,
    JSON_VALUE(line, '$.kind') AS kind,
    JSON_VALUE(line, '$.app') AS app,
    JSON_VALUE(line, '$.incident') AS incident,
    JSON_VALUE(line, '$.actor') AS actor,
    JSON_VALUE(line, '$.what') AS what,
    JSON_VALUE(line, '$.data') AS data,
    TIMESTAMP_MICROS(CAST(JSON_VALUE(line, '$.written_at') AS INT64)) AS written_at,
    CAST(JSON_VALUE(line, '$.ordinal') AS INT64) AS ordinal
  FROM UNNEST(JSON_QUERY_ARRAY(@lines)) AS line
) AS given
WHERE NOT EXISTS (
  SELECT 1
  FROM `journal_lines` AS held
  WHERE held.happened_at BETWEEN @first AND @last AND held.happened_at = given.happened_at AND held.id = given.id
)
