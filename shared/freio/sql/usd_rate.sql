-- How much of the billing currency was one US dollar, in the newest row at @as_of that says so?
SELECT usd_rate
FROM line_items
WHERE export_time <= @as_of AND usd_rate IS NOT NULL
ORDER BY export_time DESC, usage_start_time DESC, usd_rate DESC
LIMIT 1
