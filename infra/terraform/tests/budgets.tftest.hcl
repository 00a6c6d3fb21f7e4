# Budgets: each app is under one, and the plan says how exactly.

mock_provider "google" {
  source = "./tests/mocks"
}

run "each_app_is_under_a_budget" {
  command = apply

  assert {
    condition     = { for name, budget in google_billing_budget.app : name => budget.display_name } == { for name in ["support-chat", "catalogue-search", "catalogue-tagging", "research-agents", "translation", "fire-drill"] : name => "freio-${name}" }
    error_message = "Freio knows whose a budget is by its name"
  }
  assert {
    condition     = alltrue([for budget in google_billing_budget.app : budget.all_updates_rule[0].pubsub_topic == google_pubsub_topic.freio["freio-budgets"].id && budget.all_updates_rule[0].schema_version == "1.0"])
    error_message = "a budget that tells nobody"
  }
  assert {
    condition     = alltrue([for budget in google_billing_budget.app : toset([for rule in budget.threshold_rules : "${rule.threshold_percent} ${rule.spend_basis}"]) == toset(["0.5 CURRENT_SPEND", "0.75 CURRENT_SPEND", "0.9 CURRENT_SPEND", "1 CURRENT_SPEND", "1.2 CURRENT_SPEND", "1 FORECASTED_SPEND"])])
    error_message = "what is spent, and where the month will end"
  }
  assert {
    condition     = google_pubsub_topic_iam_member.budgets.member == "serviceAccount:billing-budget-alert@system.gserviceaccount.com" && google_pubsub_topic_iam_member.budgets.topic == "freio-budgets"
    error_message = "Cloud Billing may publish its messages"
  }
}

run "a_filter_says_what_the_match_says_where_it_can" {
  command = plan

  assert {
    condition     = local.budget_filter["support-chat"] == "project acme-chat-prod, label app=support-chat" && google_billing_budget.app["support-chat"].budget_filter[0].labels == tomap({ app = "support-chat" })
    error_message = local.budget_filter["support-chat"]
  }
  assert {
    condition     = toset(google_billing_budget.app["support-chat"].budget_filter[0].services) == toset(["services/C7E2-9256-1C43", "services/AEFD-7695-64FA"])
    error_message = "AI alone counts"
  }
  assert {
    condition     = google_billing_budget.app["support-chat"].budget_filter[0].projects == toset(["projects/111111111111"]) && google_billing_budget.app["support-chat"].budget_filter[0].credit_types_treatment == "INCLUDE_ALL_CREDITS"
    error_message = "by the project's number, and net"
  }
  assert {
    condition     = output.budgets["research-agents"] == "by app: project acme-research, against 30000 BRL"
    error_message = output.budgets["research-agents"]
  }
}

run "where_it_cannot_whole_projects_are_watched_and_that_is_said" {
  command = plan

  assert {
    condition     = output.budgets["catalogue-tagging"] == "by project: project acme-catalogue as a whole, against 30000 BRL, the sum for catalogue-search, catalogue-tagging; a filter knows no models; catalogue-search before it may take a part"
    error_message = output.budgets["catalogue-tagging"]
  }
  assert {
    condition     = google_billing_budget.app["catalogue-tagging"].amount[0].specified_amount[0].units == "30000" && length(local.budgets["catalogue-tagging"].label) == 0
    error_message = "the whole project, against the sum of the budgets in it"
  }
}

run "the_plan_warns_of_it_until_somebody_says_that_it_is_known" {
  command = plan
  variables {
    budgets = {}
  }

  expect_failures = [check.every_app_is_under_a_budget_of_its_own]
}

run "another_account_pays_for_a_subsidiary" {
  command = plan

  assert {
    condition     = google_billing_budget.app["translation"].billing_account == "02AAAA-BBBBBB-CCCCCC" && google_billing_budget.app["support-chat"].billing_account == "01D4EE-079462-DFD6EC"
    error_message = "a budget is of the account that pays"
  }
  assert {
    condition     = google_billing_budget.app["translation"].amount[0].specified_amount[0].units == "12500" && google_billing_budget.app["translation"].amount[0].specified_amount[0].nanos == 500000000
    error_message = "12500.50 is units and billionths"
  }
}

run "ways_to_match" {
  command = plan
  variables {
    config_file  = "tests/files/matches.yaml"
    organization = {}
    budgets      = { accepted = ["two-labels", "key-alone", "account-alone", "no-budget", "rest", "labels-alone"] }
    projects     = { labels-alone = ["acme-vega"], account-alone = [], key-alone = [] } # for rights: no budget's filter
  }

  assert {
    condition     = output.budgets["labelled"] == "by app: project acme-shared, label app=labelled, against 100 USD"
    error_message = output.budgets["labelled"]
  }
  assert {
    condition     = output.budgets["other-label"] == "by app: project acme-shared, label app=other, against 200 USD"
    error_message = "one label tells it from the app before it: ${output.budgets["other-label"]}"
  }
  assert {
    condition     = output.budgets["rest"] == "by project: project acme-shared as a whole, against 700 USD, the sum for labelled, other-label, rest; labelled, other-label before it may take a part"
    error_message = output.budgets["rest"]
  }
  assert {
    condition     = output.budgets["two-labels"] == "by project: project acme-two as a whole, against 50 USD, the sum for two-labels; a filter knows one label, and it has 2"
    error_message = output.budgets["two-labels"]
  }
  assert {
    condition     = output.budgets["labels-alone"] == "by app: label team=vega, against 60 USD; labelled, other-label, rest, two-labels before it may take a part"
    error_message = output.budgets["labels-alone"]
  }
  assert {
    condition     = output.budgets["account-alone"] == "by project: project acme-robots as a whole, against 70 USD, the sum for account-alone; a filter knows no service accounts and no API keys"
    error_message = output.budgets["account-alone"]
  }
  assert {
    condition     = startswith(output.budgets["key-alone"], "no budget: a filter knows no service accounts and no API keys") && !contains(keys(google_billing_budget.app), "key-alone")
    error_message = output.budgets["key-alone"]
  }
  assert {
    condition     = output.budgets["no-budget"] == "no budget: freio.yaml names none"
    error_message = output.budgets["no-budget"]
  }
}

run "claude_is_billed_as_a_service_of_its_own" {
  command = plan
  variables {
    config_file  = "tests/files/claude.yaml"
    organization = {}
    budgets      = { accepted = ["chat"] }
  }

  expect_failures = [check.budgets_count_what_the_apps_call]
}

run "budgets_may_be_made_elsewhere" {
  command = plan
  variables {
    budgets = { create = false }
  }

  assert {
    condition     = length(google_billing_budget.app) == 0 && output.budgets["support-chat"] == "made elsewhere, under the name freio-support-chat, support-chat, or one in budget.names"
    error_message = output.budgets["support-chat"]
  }
}

run "what_freio_itself_costs_has_a_budget" {
  command = plan

  assert {
    condition     = google_billing_budget.own.budget_filter[0].projects == toset(["projects/111111111111"]) && google_billing_budget.own.amount[0].specified_amount[0].units == "150"
    error_message = "of its own project"
  }
  assert {
    condition     = google_billing_budget.own.all_updates_rule[0].pubsub_topic == null && !contains(local.app_names, google_billing_budget.own.display_name)
    error_message = "it is no app's: Freio takes no message of it"
  }
}
