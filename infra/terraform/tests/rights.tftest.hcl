# Who may do what, in the organisation of the example.

mock_provider "google" {
  source = "./tests/mocks"
}

run "only_the_enforcer_and_its_hard_identity_change_anything_at_the_apps" {
  command = plan

  assert {
    condition = alltrue([
      for right in output.rights : contains(["enforcer", "freio-hard-levers"], right.who)
      if length(setintersection(right.may, [
        "serviceusage.quotas.update", "cloudquotas.quotas.update", "apikeys.keys.update", "serviceusage.services.disable",
        "serviceusage.services.enable", "resourcemanager.projects.deleteBillingAssignment", "orgpolicy.policy.set",
        "roles/orgpolicy.policyAdmin", "roles/iam.denyAdmin", "roles/owner", "roles/editor",
      ])) > 0
    ])
    error_message = "somebody else gets a lever's permission: ${jsonencode(output.rights)}"
  }
  # The gateway's lever is no permission of Google's, but an admin's key.
  assert {
    condition     = toset([for right in output.rights : right.who if right.on == "secret freio-gateway-key"]) == toset(["enforcer"])
    error_message = "somebody else reads the gateway's admin key: ${jsonencode([for right in output.rights : right if startswith(right.on, "secret ")])}"
  }
  assert {
    condition = alltrue(flatten([
      for right in output.rights : [
        for permission in right.may : anytrue([for reading in [".get", ".list"] : endswith(permission, reading)])
      ] if right.who == "spend_watch" && startswith(right.on, "project acme-") && right.on != "project acme-freio"
    ]))
    error_message = "spend_watch may do more than read in an app's project"
  }
  assert {
    condition     = alltrue([for right in output.rights : !contains(["roles/owner", "roles/editor", "roles/viewer"], one(slice(tolist(right.may), 0, 1)))])
    error_message = "a basic role is granted: ${jsonencode(output.rights)}"
  }
}

run "each_project_gets_exactly_what_its_levers_take" {
  command = plan

  assert {
    condition = google_project_iam_custom_role.enforcer["acme-chat-prod"].permissions == toset([
      "cloudquotas.quotas.get", "cloudquotas.quotas.update", "monitoring.timeSeries.list", "serviceusage.operations.get",
      "serviceusage.quotas.get", "serviceusage.quotas.update",
    ])
    error_message = jsonencode(google_project_iam_custom_role.enforcer["acme-chat-prod"].permissions)
  }
  assert {
    condition = setsubtract(
      google_project_iam_custom_role.enforcer["acme-catalogue"].permissions,
      google_project_iam_custom_role.enforcer["acme-chat-prod"].permissions,
    ) == toset(["apikeys.keys.get", "apikeys.keys.update", "serviceusage.services.list"])
    error_message = "the lever api_key takes the keys, and what an open one would be left with, where it is named and nowhere else"
  }
  assert {
    condition     = google_project_iam_custom_role.watch["vega-translate"].permissions == toset(["monitoring.timeSeries.list", "resourcemanager.projects.get", "serviceusage.quotas.get"])
    error_message = jsonencode(google_project_iam_custom_role.watch["vega-translate"].permissions)
  }
  assert {
    condition     = google_project_iam_custom_role.watch["acme-identities"].permissions == toset(["iam.serviceAccounts.get"])
    error_message = "in the project that only a service account is of, nothing but its id is read"
  }
  assert {
    condition     = alltrue([for project, grant in google_project_iam_member.watch : grant.member == "serviceAccount:freio-spend-watch@acme-freio.iam.gserviceaccount.com"])
    error_message = "the watch's role is somebody else's"
  }
  assert {
    condition     = alltrue([for project, grant in google_project_iam_member.enforcer : grant.member == "serviceAccount:freio-enforcer@acme-freio.iam.gserviceaccount.com"])
    error_message = "the enforcer's role is somebody else's"
  }
}

run "hard_powers_are_of_an_identity_of_their_own" {
  command = plan

  assert {
    condition = google_project_iam_custom_role.hard_levers["acme-research"].permissions == toset([
      "serviceusage.operations.get", "serviceusage.services.disable", "serviceusage.services.enable", "serviceusage.services.get",
    ])
    error_message = jsonencode(google_project_iam_custom_role.hard_levers["acme-research"].permissions)
  }
  assert {
    condition = alltrue(concat(
      [for grant in google_project_iam_member.hard_levers : grant.member == "serviceAccount:freio-hard-levers@acme-freio.iam.gserviceaccount.com"],
      [for grant in google_organization_iam_member.policy_admin : grant.member == "serviceAccount:freio-hard-levers@acme-freio.iam.gserviceaccount.com"],
    ))
    error_message = "a hard power is somebody else's"
  }
  assert {
    condition     = google_folder_iam_member.deny["freio-hard-levers"].role == "roles/iam.denyAdmin" && google_folder_iam_member.deny["freio-hard-levers"].folder == "folders/345678901234"
    error_message = "deny policies reach no further than the folder that is named"
  }
  assert {
    condition     = length(google_organization_iam_member.deny) == 0
    error_message = "iam_deny is granted on the organization although a folder is named"
  }
  assert {
    condition     = google_organization_iam_member.policy_admin[0].condition[0].expression == "resource.matchTag('123456789012/freio', 'braked')"
    error_message = "policyAdmin is kept to the tagged projects"
  }
  assert {
    condition     = google_service_account_iam_member.enforcer_as_hard_levers[0].member == "serviceAccount:freio-enforcer@acme-freio.iam.gserviceaccount.com" && google_project_iam_custom_role.impersonate.permissions == toset(["iam.serviceAccounts.getAccessToken"])
    error_message = "the enforcer alone gets tokens of freio-hard-levers, and nothing else of it"
  }
  assert {
    condition     = google_cloudfunctions2_function.freio["enforcer"].service_config[0].environment_variables["FREIO_HARD_LEVERS_SERVICE_ACCOUNT"] == "freio-hard-levers@acme-freio.iam.gserviceaccount.com"
    error_message = "the enforcer is not told whom to act as"
  }
  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.freio :
      name == "enforcer" || !contains(keys(function.service_config[0].environment_variables), "FREIO_HARD_LEVERS_SERVICE_ACCOUNT")
    ])
    error_message = "another function is told of freio-hard-levers"
  }
}

run "they_do_not_exist_unless_asked_for" {
  command = plan
  variables {
    config_file  = "tests/files/soft.yaml"
    organization = { id = "123456789012", deny_folder = "345678901234" }
  }

  assert {
    condition = length(google_service_account.hard_levers) + length(google_service_account_iam_member.enforcer_as_hard_levers) + length(google_project_iam_custom_role.hard_levers) + length(google_project_iam_member.hard_levers) + length(
    google_organization_iam_member.policy_admin) + length(google_organization_iam_member.deny) + length(google_folder_iam_member.deny) == 0
    error_message = "no app asks for a hard lever, and something of one is there"
  }
  assert {
    condition     = length([for right in output.rights : right if right.who == "freio-hard-levers" || startswith(right.on, "organization") || startswith(right.on, "folder")]) == 0
    error_message = "nothing is granted by surprise: ${jsonencode(output.rights)}"
  }
  assert {
    condition     = !contains(keys(google_cloudfunctions2_function.freio["enforcer"].service_config[0].environment_variables), "FREIO_HARD_LEVERS_SERVICE_ACCOUNT")
    error_message = "the enforcer is told of an account that does not exist"
  }
}

run "an_account_whose_address_tells_no_project_is_read_in_the_apps" {
  command = plan
  variables {
    config_file  = "tests/files/default_account.yaml"
    organization = { id = "123456789012" }
  }

  assert {
    condition     = contains(google_project_iam_custom_role.hard_levers["acme-chat"].permissions, "iam.serviceAccounts.get") && google_organization_iam_member.deny["freio-hard-levers"].org_id == "123456789012"
    error_message = "the proof knows an account by its unique id; and without a folder it is the organization"
  }
}

run "an_app_told_by_its_labels_has_rights_where_it_is_billed" {
  command = plan
  variables {
    config_file  = "tests/files/matches.yaml"
    organization = {}
    budgets      = { accepted = ["two-labels", "key-alone", "account-alone", "no-budget", "rest", "labels-alone"] }
    projects     = { labels-alone = ["acme-vega", "acme-vega-batch"], account-alone = [], key-alone = ["acme-shared"] }
  }

  assert {
    condition = { for project, role in google_project_iam_custom_role.enforcer : project => contains(role.permissions, "serviceusage.quotas.update") } == {
      acme-free = true, acme-shared = true, acme-two = true, acme-vega = true, acme-vega-batch = true
    }
    error_message = "an app without match.projects is braked nowhere: ${jsonencode(keys(google_project_iam_custom_role.enforcer))}"
  }
  assert {
    condition     = google_project_iam_member.watch["acme-vega"].member == "serviceAccount:freio-spend-watch@acme-freio.iam.gserviceaccount.com" && google_project_iam_custom_role.watch["acme-vega"].permissions == toset(["monitoring.timeSeries.list", "resourcemanager.projects.get", "serviceusage.quotas.get"])
    error_message = "and measured nowhere"
  }
  assert {
    condition     = length(setsubtract(["acme-vega monitoring.googleapis.com", "acme-vega serviceusage.googleapis.com", "acme-vega-batch cloudquotas.googleapis.com"], keys(google_project_service.apps))) == 0
    error_message = "what its lever calls is not enabled there: ${jsonencode(keys(google_project_service.apps))}"
  }
  assert {
    condition     = contains(keys(terraform_data.nothing_is_held), "acme-vega") && contains(keys(terraform_data.lever_is_let_go), "quota in acme-vega")
    error_message = "a brake may be held there when it is taken away"
  }
}

run "of_an_app_without_any_project_the_plan_warns" {
  command = plan
  variables {
    config_file  = "tests/files/matches.yaml"
    organization = {}
    budgets      = { accepted = ["two-labels", "key-alone", "account-alone", "no-budget", "rest", "labels-alone"] }
    projects     = { key-alone = [] }
  }

  expect_failures = [check.every_app_has_a_project]

  assert {
    condition     = local.homeless == ["account-alone", "labels-alone"]
    error_message = jsonencode(local.homeless)
  }
}

run "policy_admin_is_on_the_whole_organization_only_where_that_is_said" {
  command = plan
  variables {
    config_file  = "tests/files/models.yaml"
    organization = { id = "123456789012", whole = true }
  }

  assert {
    condition     = length(google_organization_iam_member.policy_admin[0].condition) == 0 && contains([for right in output.rights : right.on if contains(right.may, "roles/orgpolicy.policyAdmin")], "organization 123456789012")
    error_message = "the whole is meant, and something else is granted: ${jsonencode(output.rights)}"
  }
}

run "nobody_gets_anything_unless_named" {
  command = plan

  assert {
    condition     = length(google_service_account_iam_member.prober) + length(google_service_account_iam_member.deployer) + length(google_bigquery_dataset_iam_member.readers) == 0
    error_message = "access is empty, and somebody gets something"
  }
}

run "who_is_named_gets_just_that" {
  command = plan
  variables {
    access = { deployers = ["serviceAccount:d@acme-pipelines.iam.gserviceaccount.com"], probers = { "group:p@acme.example" = "2027-01-31T18:00:00-03:00", "user:ana@acme.example" = null }, readers = ["group:r@acme.example"] }
  }

  assert {
    condition     = toset([for grant in google_service_account_iam_member.deployer : "${grant.member} ${grant.role}"]) == toset(["serviceAccount:d@acme-pipelines.iam.gserviceaccount.com roles/iam.serviceAccountUser"]) && length(google_service_account_iam_member.deployer) == 6
    error_message = "deployers act as the four functions' accounts, the push's and the build's: and not as freio-hard-levers"
  }
  assert {
    condition     = [for grant in google_service_account_iam_member.prober : grant.member] == ["group:p@acme.example", "user:ana@acme.example"]
    error_message = "probers impersonate the enforcer"
  }
  assert {
    condition = { for who, grant in google_service_account_iam_member.prober : who => [for one in grant.condition : one.expression] } == {
      "group:p@acme.example"  = ["request.time < timestamp('2027-01-31T18:00:00-03:00')"]
      "user:ana@acme.example" = []
    }
    error_message = "whoever passes by every approval does so until the moment that is named"
  }
  assert {
    condition     = [for grant in google_bigquery_dataset_iam_member.readers : "${grant.member} ${grant.role}"] == ["group:r@acme.example roles/bigquery.dataViewer"]
    error_message = "readers read the dataset"
  }
}

run "secrets_are_read_by_who_needs_them" {
  command = plan

  assert {
    condition = toset(keys(google_secret_manager_secret_iam_member.reads)) == toset([
      "slack_inbox reads slack-bot-token", "slack_inbox reads slack-signing-secret", "budget_alert reads slack-bot-token",
      "spend_watch reads slack-bot-token", "spend_watch reads gateway-viewer-key", "enforcer reads slack-bot-token",
      "enforcer reads gateway-key",
    ])
    error_message = jsonencode(keys(google_secret_manager_secret_iam_member.reads))
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret_iam_member.reads_config)) == toset(["budget_alert", "spend_watch", "enforcer"])
    error_message = "slack_inbox is told how the client speaks, and reads no file"
  }
  assert {
    condition = {
      for name, function in google_cloudfunctions2_function.freio :
      name => [for one in function.service_config[0].secret_environment_variables : one.secret if one.key == "FREIO_GATEWAY_KEY"]
      } == {
      slack_inbox = [], budget_alert = [], spend_watch = ["freio-gateway-viewer-key"], enforcer = ["freio-gateway-key"]
    }
    error_message = "who measures at the gateway reads there, and who brakes has the admin's key"
  }
}

run "of_the_billing_account_prices_and_caps_are_read" {
  command = plan

  assert {
    condition     = [for right in output.rights : "${right.who}: ${join(", ", right.may)}" if right.on == "billing account 01D4EE-079462-DFD6EC"] == ["spend_watch: billing.billingAccountPrice.get, billing.budgets.list"]
    error_message = "payments are nothing to a watch: ${jsonencode(output.rights)}"
  }
  assert {
    condition     = google_organization_iam_custom_role.billing[0].role_id == "freioBilling_acme_freio"
    error_message = "two of an organization's would be one"
  }
}

run "where_the_account_is_another_organizations_it_is_googles_own_role" {
  command = plan
  variables {
    organization = { id = "123456789012", deny_folder = "345678901234", policy_condition = "resource.matchTag('123456789012/freio', 'braked')", billing_role = false }
  }

  assert {
    condition     = length(google_organization_iam_custom_role.billing) == 0 && [for grant in google_billing_account_iam_member.watch : grant.role] == ["roles/billing.viewer"]
    error_message = "a role of one organization is none of another's account"
  }
}

run "tables_are_filled_and_not_made" {
  command = plan

  assert {
    condition     = length(setintersection(google_project_iam_custom_role.warehouse.permissions, ["bigquery.tables.create", "bigquery.tables.delete", "bigquery.tables.update"])) == 0
    error_message = jsonencode(google_project_iam_custom_role.warehouse.permissions)
  }
  assert {
    condition     = toset(keys(google_bigquery_table_iam_member.writes)) == toset(["spend_watch in hourly_spend", "spend_watch in hourly_spend_runs", "spend_watch in hourly_spend_lock", "enforcer in journal_lines"])
    error_message = jsonencode(keys(google_bigquery_table_iam_member.writes))
  }
  assert {
    condition = toset([for right in output.rights : "${join(", ", right.may)} on ${right.on}" if right.who == "enforcer" && strcontains(right.on, ".hourly_")]) == toset([
      "bigquery.tables.get, bigquery.tables.getData on table freio.hourly_spend", "bigquery.tables.get, bigquery.tables.getData on table freio.hourly_spend_runs",
    ])
    error_message = "who probes as the enforcer reads the rollup, and changes nothing of it: ${jsonencode([for right in output.rights : right if right.who == "enforcer"])}"
  }
  assert {
    condition     = alltrue([for grant in google_bigquery_table_iam_member.reads : grant.member == "serviceAccount:freio-enforcer@acme-freio.iam.gserviceaccount.com"]) && google_project_iam_member.jobs["enforcer"].role == "roles/bigquery.jobUser"
    error_message = "the enforcer asks BigQuery in Freio's own project"
  }
  assert {
    condition     = google_bigquery_table_iam_member.export["spend_watch"].table_id == "gcp_billing_export_resource_v1_01D4EE_079462_DFD6EC" && google_bigquery_table_iam_member.export["spend_watch"].role == "roles/bigquery.dataViewer"
    error_message = "the watch reads the export's one table"
  }
}

run "state_is_kept_to_one_database" {
  command = plan

  assert {
    condition     = toset(keys(google_project_iam_member.state)) == toset(["budget_alert", "spend_watch", "enforcer"])
    error_message = "slack_inbox writes no state"
  }
  assert {
    condition     = alltrue([for grant in google_project_iam_member.state : grant.condition[0].expression == "resource.name == 'projects/acme-freio/databases/freio'"])
    error_message = "a function may use another database of the project"
  }
}

run "nothing_is_taken_from_a_brake_that_may_be_held" {
  command = plan

  # A custom role or a function changes: it depends on these.
  assert {
    condition = toset(keys(terraform_data.lever_is_let_go)) == toset([
      "allowed_models in acme-chat-prod", "api_key in acme-catalogue", "disable_service in acme-research", "gateway",
      "gateway in acme-catalogue", "iam_deny in acme-identities", "quota in acme-catalogue", "quota in acme-chat-prod",
      "quota in acme-drill", "quota in acme-research", "quota in vega-translate",
    ])
    error_message = jsonencode(keys(terraform_data.lever_is_let_go))
  }
  # A grant, a role or an identity goes: these depend on it.
  assert {
    condition = toset(keys(terraform_data.nothing_is_held)) == toset([
      "acme-catalogue", "acme-chat-prod", "acme-drill", "acme-identities", "acme-research", "vega-translate",
      "allowed_models in acme-chat-prod", "disable_service in acme-research", "iam_deny in acme-identities",
      "allowed_models", "disable_service", "gateway", "iam_deny", "functions",
    ])
    error_message = jsonencode(keys(terraform_data.nothing_is_held))
  }
}
