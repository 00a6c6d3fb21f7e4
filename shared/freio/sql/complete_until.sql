-- Until when had the export come at @as_of? The end of the last hour after which rows of a later hour are there.
SELECT UNIX_MICROS(TIMESTAMP_ADD(MAX(seen.hour), INTERVAL 1 HOUR)) AS complete_until_micros
FROM (SELECT hour, MAX(hour) OVER () AS newest FROM attributed) AS seen
WHERE seen.hour < seen.newest
