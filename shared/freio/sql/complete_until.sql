-- Until when had the export come at @as_of? The end of the last hour after which rows of a later hour are there.
SELECT UNIX_MICROS(TIMESTAMP_ADD(MAX(hours.hour), INTERVAL 1 HOUR)) AS complete_until_micros
FROM (
  SELECT
    TIMESTAMP_TRUNC(usage_start_time, HOUR) AS hour,
    MAX(TIMESTAMP_TRUNC(usage_start_time, HOUR)) OVER () AS newest
  FROM line_items
  WHERE is_ai AND export_time <= @as_of
) AS hours
WHERE hours.hour < hours.newest
