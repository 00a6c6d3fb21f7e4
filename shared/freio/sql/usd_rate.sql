-- How much of the billing currency was one US dollar, in the newest row at @as_of that says so?
SELECT usd_rate
FROM attributed
WHERE usd_rate IS NOT NULL
ORDER BY export_time DESC, hour DESC, usd_rate DESC
LIMIT 1
