-- Every row of the FOCUS export, once. Google's BilledCost holds the credits already (FOCUS: the basis of the invoice,
-- after all reductions), so x_Credits are not taken off again.
-- How Google partitions this table is not known to us: a partition on x_ExportTime would be pruned by this filter.
SELECT
  item.ChargePeriodStart AS usage_start_time,
  item.x_ExportTime AS export_time,
  item.x_ServiceId AS service_id,
  item.ServiceName AS service,
  item.SkuId AS sku_id,
  item.ChargeDescription AS sku,
  COALESCE(item.SubAccountId, item.x_Project.Id) AS project,
  COALESCE(item.RegionId, item.x_Location) AS endpoint,
  item.BillingCurrency AS currency,
  CAST(item.x_CurrencyConversionRate AS NUMERIC) AS usd_rate,
  CAST(COALESCE(item.BilledCost, 0) AS NUMERIC) AS net,
  TO_JSON_STRING(ARRAY(
    SELECT AS STRUCT label.Key AS key, COALESCE(label.Value, '') AS value
    FROM UNNEST(item.x_Labels) AS label
    WHERE label.Key IN UNNEST(@label_keys)
    ORDER BY label.Key, label.Value
  )) AS labels
FROM `billing_export` AS item
WHERE item.x_ExportTime >= @exported_since
  AND item.x_ExportTime <= @as_of
