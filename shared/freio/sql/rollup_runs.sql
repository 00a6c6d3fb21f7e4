-- How was the rollup brought up to date, newest first? By number: clocks may differ.
SELECT
  number,
  UNIX_MICROS(refreshed_at) AS refreshed_at_micros,
  UNIX_MICROS(restated_from) AS restated_from_micros,
  UNIX_MICROS(held_from) AS held_from_micros,
  UNIX_MICROS(watermark) AS watermark_micros,
  UNIX_MICROS(newest) AS newest_micros,
  basis,
  mark
FROM `rollup_runs`
ORDER BY number DESC
LIMIT 200
