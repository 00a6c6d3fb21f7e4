# What is right, and rare.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  config_file  = "tests/files/edges.yaml"
  organization = {}
  budgets      = { accepted = ["rest", "at-the-gateway"] }
  labels       = { centro_de_custo = "são-paulo-1" }
}

run "everything_that_freio_check_accepts_can_be_made" {
  command = apply

  assert {
    condition     = { for name, budget in google_billing_budget.app : name => budget.display_name if length(name) > 50 } == { "a-name-of-fifty-four-characters-that-a-team-came-up-on" = "freio-a-name-of-fifty-four-characters-that-a-team-came-up-on", "a-name-of-sixty-characters-that-somebody-must-have-generated" = "a-name-of-sixty-characters-that-somebody-must-have-generated" }
    error_message = "a budget has a name of 60 characters at most, and Freio knows an app by both"
  }
  assert {
    condition     = google_billing_budget.app["half-a-euro"].amount[0].specified_amount[0].units == "0" && google_billing_budget.app["half-a-euro"].amount[0].specified_amount[0].nanos == 500000000
    error_message = "half a euro"
  }
  assert {
    condition     = google_project_iam_custom_role.enforcer["acme-gateway"].permissions == toset(["monitoring.timeSeries.list"])
    error_message = "without a lever of Google's there nothing is set"
  }
  assert {
    condition     = length(setsubtract(["serviceusage.quotas.update", "apikeys.keys.update"], google_project_iam_custom_role.enforcer["acme-shared"].permissions)) == 0
    error_message = "two apps of one project: one role, with both levers"
  }
  assert {
    condition     = google_project_iam_custom_role.enforcer["example.com:old-project"].project == "example.com:old-project" && google_bigquery_table_iam_member.export["spend_watch"].project == "example.com:acme-finops"
    error_message = "a project may carry its domain"
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret.freio)) == toset(["slack-bot-token", "slack-signing-secret", "gateway-key", "gateway-viewer-key"])
    error_message = "a gateway has its keys"
  }
}
