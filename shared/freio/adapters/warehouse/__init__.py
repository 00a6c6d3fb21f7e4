"""The billing export as a `Warehouse`, over any engine that runs BigQuery's SQL."""
