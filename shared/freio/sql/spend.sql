-- What did AI cost from @since until before @until, by each of the dimensions in @by, in each Pacific day (as Google
-- bills) or UTC hour? A dimension that is not asked for is NULL.
SELECT
  CASE @every
    WHEN 'hour' THEN FORMAT_TIMESTAMP('%Y-%m-%dT%H:00Z', hour)
    WHEN 'day' THEN CAST(DATE(hour, 'America/Los_Angeles') AS STRING)
  END AS period,
  CASE WHEN 'app' IN UNNEST(@by) THEN app END AS by_app,
  CASE WHEN 'team' IN UNNEST(@by) THEN team END AS by_team,
  CASE WHEN 'cost_centre' IN UNNEST(@by) THEN cost_centre END AS by_cost_centre,
  CASE WHEN 'feature' IN UNNEST(@by) THEN feature END AS by_feature,
  CASE WHEN 'project' IN UNNEST(@by) THEN project END AS by_project,
  CASE WHEN 'endpoint' IN UNNEST(@by) THEN endpoint END AS by_endpoint,
  CASE WHEN 'model' IN UNNEST(@by) THEN model END AS by_model,
  CASE WHEN 'sku' IN UNNEST(@by) THEN sku END AS by_sku,
  currency,
  SUM(net) AS net
FROM attributed
WHERE hour >= @since AND hour < @until
GROUP BY period, by_app, by_team, by_cost_centre, by_feature, by_project, by_endpoint, by_model, by_sku, currency
ORDER BY period, by_app, by_team, by_cost_centre, by_feature, by_project, by_endpoint, by_model, by_sku, currency
