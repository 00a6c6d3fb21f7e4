"""The billing export in a DuckDB file: the embedded warehouse, asked BigQuery's questions."""
