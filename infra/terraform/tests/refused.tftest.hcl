# Bad files and bad inputs are refused before anything is made, with the sentence that a person needs.

mock_provider "google" {
  source = "./tests/mocks"
}

# Where a run names no other file, there is nothing wrong with this one.
variables {
  config_file  = "tests/files/soft.yaml"
  organization = {}
  budgets      = {}
}

run "a_file_that_says_next_to_nothing" {
  command = plan
  variables {
    config_file = "tests/files/bad_empty.yaml"
  }

  expect_failures = [terraform_data.freio_yaml]

  assert {
    condition = toset(local.faults) == toset([
      "billing.account: is missing", "billing.export: is missing", "currency: is missing", "locale: is missing",
      "time_zone: is missing", "apps: names no app; may be a list with at least one",
    ])
    error_message = jsonencode(local.faults)
  }
}

run "a_file_with_every_fault" {
  command = plan
  variables {
    config_file = "tests/files/bad_all.yaml"
  }

  expect_failures = [terraform_data.freio_yaml]

  assert {
    condition = toset(local.faults) == toset([
      "billing.account: '01d4ee' is not a billing account; may be three groups of six digits or letters A to F, such as 01D4EE-079462-DFD6EC",
      "billing.export: 'billing.export' is not a table; may be project.dataset.table",
      "apps: 'chat' is the name of 2 apps; may be of one alone",
      "apps[3].name: is missing",
      "chat.levers: 'throttle' is not a lever; may be gateway, quota, allowed_models, api_key, iam_deny, disable_service, unlink_billing",
      "capped.budget.spend_cap: Terraform's google provider cannot set Google's own spend caps (6.50 has no such argument); set it under Billing > Budgets & alerts and leave the key out: Freio reads it every hour",
      "capped.budget.account: 'mine' is not a billing account; may be such as 01D4EE-079462-DFD6EC",
      "capped.match: says nothing; may be a mapping with at least one of projects, labels, service_accounts, api_keys, models",
      ".budget.monthly: is missing or no amount; may be such as 40000.00",
      "drill.app: 'nobody' is no app of this file; may be chat, chat, capped, ",
      "levers: gateway is named, and the file says no gateway; may stand beside gateway: {url: https://…}",
      "levers: allowed_models needs organization = {id = …}: Google grants roles/orgpolicy.policyAdmin on an organization alone, and orgpolicy.policy.set in no custom role",
      "levers: iam_deny needs organization = {deny_folder = …} or {id = …}: Google grants roles/iam.denyAdmin there alone, and its permissions in no custom role",
      "levers: disable_service and unlink_billing are an app's in acme-freio, which Freio itself runs in; give Freio a project of its own, or leave them out",
    ])
    error_message = jsonencode(local.faults)
  }
}

run "a_file_that_is_not_there" {
  command = plan
  variables {
    config_file = "tests/files/nowhere.yaml"
  }

  expect_failures = [var.config_file]
}

run "a_file_that_is_no_yaml" {
  command = plan
  variables {
    config_file = "tests/files/bad_yaml.yaml"
  }

  expect_failures = [var.config_file]
}

run "bundles_that_are_not_built" {
  command = plan
  variables {
    bundles = "tests/files"
  }

  expect_failures = [var.bundles]
}

run "nobody_to_wake" {
  command = plan
  variables {
    alerts = {}
  }

  expect_failures = [var.alerts]
}

run "more_addresses_than_a_budget_mails_to" {
  command = plan
  variables {
    alerts = { emails = [for number in range(6) : "oncall-${number}@acme.example"] }
  }

  expect_failures = [var.alerts]
}

run "more_channels_than_an_alert_tells" {
  command = plan
  variables {
    alerts = { emails = ["oncall@acme.example"], channels = [for number in range(16) : "projects/acme-freio/notificationChannels/${number}"] }
  }

  expect_failures = [var.alerts]
}

run "an_open_door_for_people" {
  command = plan
  variables {
    access = { probers = { allUsers = "2027-01-31T18:00:00-03:00" } }
  }

  expect_failures = [var.access]
}

run "a_group_that_passes_by_every_approval_for_ever" {
  command = plan
  variables {
    access = { probers = { "group:platform@acme.example" = null } }
  }

  expect_failures = [var.access]
}

run "a_group_that_deploys_what_brakes_for_ever" {
  command = plan
  variables {
    access = { deployers = ["group:platform@acme.example"] }
  }

  expect_failures = [var.access]
}

run "an_end_that_is_no_moment" {
  command = plan
  variables {
    access = { probers = { "user:ana@acme.example" = "next month" } }
  }

  expect_failures = [var.access]
}

run "an_inbox_that_slack_cannot_reach" {
  command = plan
  variables {
    network = { inbox_ingress = "ALLOW_INTERNAL_ONLY" }
  }

  expect_failures = [var.network]
}

run "a_load_balancer_without_an_address" {
  command = plan
  variables {
    network = { inbox_ingress = "ALLOW_INTERNAL_AND_GCLB" }
  }

  expect_failures = [var.network]
}

run "a_key_of_another_region" {
  command = plan
  variables {
    kms = { key = "projects/acme-keys/locations/us/keyRings/freio/cryptoKeys/freio" }
  }

  expect_failures = [var.kms]
}

run "budgets_that_never_say_that_all_is_spent" {
  command = plan
  variables {
    budgets = { spent = [0.5] }
  }

  expect_failures = [var.budgets]
}

run "a_project_by_its_number" {
  command = plan
  variables {
    project = "111111111111"
  }

  expect_failures = [var.project]
}

run "policy_admin_on_a_whole_organization" {
  command = plan
  variables {
    config_file  = "tests/files/models.yaml"
    organization = { id = "123456789012" }
  }

  expect_failures = [terraform_data.freio_yaml]

  assert {
    condition     = length(local.faults) == 1 && strcontains(local.faults[0], "say organization.policy_condition = \"resource.matchTag('123456789012/freio', 'braked')\", leave allowed_models out, or say organization.whole = true")
    error_message = jsonencode(local.faults)
  }
}

run "policy_admin_on_a_whole_organization_and_not" {
  command = plan
  variables {
    config_file  = "tests/files/models.yaml"
    organization = { id = "123456789012", whole = true, policy_condition = "resource.matchTag('123456789012/freio', 'braked')" }
  }

  expect_failures = [var.organization]
}

run "a_file_whose_lists_are_none" {
  command = plan
  variables {
    config_file = "tests/files/bad_shapes.yaml"
  }

  expect_failures = [terraform_data.freio_yaml]

  assert {
    condition = toset(local.faults) == toset([
      "currency: 'euro' is not a currency; may be three capital letters, such as EUR",
      "text.levers: is no list; may be such as [quota]",
      "text.match.projects: is no list; may be such as […]",
      "text.match.labels: is no mapping; may be such as {app: text}",
      "names.match.projects: 'Acme Chat' is not a project id; may be such as acme-chat-prod",
      "names.match.projects: '123456789012' is not a project id; may be such as acme-chat-prod",
      "names.match.service_accounts: 'ana@acme.example' is not a service account; may be such as chat@acme-chat-prod.iam.gserviceaccount.com",
      "empty.match.projects: is no list; may be such as […]",
      "empty.levers: is empty; may have at least one of gateway, quota, allowed_models, api_key, iam_deny, disable_service, unlink_billing",
      "apps: 'a-name-that-is-longer-than-any-name-of-a-budget-at-google-may-be' has 64 characters, and is what Cloud Billing's budget is called; may have 60 at most",
    ])
    error_message = jsonencode(local.faults)
  }
}

run "labels_that_google_would_refuse" {
  command = plan
  variables {
    labels = { Team = "FinOps" }
  }

  expect_failures = [var.labels]
}

run "a_label_that_is_freios_own" {
  command = plan
  variables {
    labels = { freio = "mine" }
  }

  expect_failures = [var.labels]
}

run "everybody_of_a_domain" {
  command = plan
  variables {
    access = { probers = { "domain:acme.example" = "2027-01-31T18:00:00-03:00" } }
  }

  expect_failures = [var.access]
}

run "a_database_beyond_its_key" {
  command = plan
  variables {
    location = { region = "southamerica-east1", firestore = "nam5" }
    kms      = { key = "projects/acme-keys/locations/southamerica-east1/keyRings/freio/cryptoKeys/freio" }
  }

  expect_failures = [var.kms]
}

run "half_a_processor_for_many_requests_at_once" {
  command = plan
  variables {
    sizes = { enforcer = { cpu = "0.5" } }
  }

  expect_failures = [var.sizes]
}

run "an_address_that_is_none" {
  command = plan
  variables {
    alerts = { emails = ["oncall"] }
  }

  expect_failures = [var.alerts]
}

run "a_project_of_an_app_that_there_is_not" {
  command = plan
  variables {
    projects = { nobody = ["acme-chat"] }
  }

  expect_failures = [var.projects]
}

run "a_project_of_an_app_by_its_number" {
  command = plan
  variables {
    projects = { chat = ["123456789012"] }
  }

  expect_failures = [var.projects]
}

run "a_hard_lever_in_freios_own_project_that_another_variable_names" {
  command = plan
  variables {
    config_file = "tests/files/labels.yaml"
    projects    = { chat = ["acme-freio"] }
  }

  expect_failures = [terraform_data.freio_yaml]

  assert {
    condition     = local.faults == ["levers: disable_service and unlink_billing are an app's in acme-freio, which Freio itself runs in; give Freio a project of its own, or leave them out"]
    error_message = jsonencode(local.faults)
  }
}
