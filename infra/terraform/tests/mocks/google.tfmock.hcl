# What every test is told by Google: known while it plans, since names are made of it.

mock_data "google_project" {
  override_during = plan
  defaults        = { number = "111111111111" }
}

mock_data "google_bigquery_dataset" {
  override_during = plan
  defaults        = { location = "US" }
}
