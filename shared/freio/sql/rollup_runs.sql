-- How was the rollup brought up to date last, and when were five days of it restated last?
SELECT
  UNIX_MICROS(refreshed_at) AS refreshed_at_micros,
  UNIX_MICROS(restated_from) AS restated_from_micros,
  UNIX_MICROS(watermark) AS watermark_micros,
  rules,
  mark
FROM `rollup_runs`
ORDER BY refreshed_at DESC
LIMIT 200
