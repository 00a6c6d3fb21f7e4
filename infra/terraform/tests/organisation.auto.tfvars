# What every test here starts from; a run says what it has otherwise.
project     = "acme-freio"
config_file = "examples/organisation/freio.yaml"
location    = { region = "southamerica-east1" }
alerts      = { emails = ["oncall@acme.example"] }
own_budget  = { monthly = 150 }
budgets     = { accepted = ["catalogue-tagging"] }
organization = {
  id               = "123456789012"
  deny_folder      = "345678901234"
  policy_condition = "resource.matchTag('123456789012/freio', 'braked')"
}
