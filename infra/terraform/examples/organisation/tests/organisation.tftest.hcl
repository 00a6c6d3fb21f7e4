# The example as it stands: what an organisation gets.

mock_provider "google" {
  source = "../../tests/mocks"
}

run "an_organisation" {
  command = plan

  assert {
    condition     = output.freio.slack_request_url == "https://freio.acme.example" && google_compute_region_network_endpoint_group.inbox.cloud_run[0].service == "freio-slack-inbox"
    error_message = "Slack is given the load balancer, which leads to slack_inbox"
  }
  assert {
    condition     = toset(keys(output.freio.budgets)) == toset(["support-chat", "catalogue-search", "catalogue-tagging", "research-agents", "translation", "fire-drill"]) && alltrue([for words in values(output.freio.budgets) : startswith(words, "by ")])
    error_message = jsonencode(output.freio.budgets)
  }
  assert {
    condition     = output.freio.budgets["translation"] == "by app: project vega-translate, against 12500.5 BRL"
    error_message = output.freio.budgets["translation"]
  }
  assert {
    condition = toset([for right in output.freio.rights : "${join(", ", right.may)} on ${right.on}" if right.who == "freio-hard-levers"]) == toset([
      "monitoring.timeSeries.list on project acme-chat-prod",
      "iam.serviceAccounts.get on project acme-identities",
      "serviceusage.operations.get, serviceusage.services.disable, serviceusage.services.enable, serviceusage.services.get on project acme-research",
      "roles/orgpolicy.policyAdmin on organization 123456789012 where resource.matchTag('123456789012/freio', 'braked')",
      "roles/iam.denyAdmin on folders/345678901234",
    ])
    error_message = jsonencode([for right in output.freio.rights : right if right.who == "freio-hard-levers"])
  }
  assert {
    condition = alltrue([
      for right in output.freio.rights : contains(["spend_watch", "enforcer", "freio-hard-levers"], right.who)
      if startswith(right.on, "project ") && right.on != "project acme-freio"
    ])
    error_message = "somebody else is let into an app's project"
  }
  assert {
    condition     = toset([for right in output.freio.rights : right.who if right.on == "service account freio-hard-levers"]) == toset(["enforcer"])
    error_message = "the enforcer alone acts as freio-hard-levers"
  }
  assert {
    condition     = [for right in output.freio.rights : "${right.who} on ${right.on}" if startswith(right.on, "service account freio-enforcer")] == ["user:ana@acme.example on service account freio-enforcer until 2027-01-31T18:00:00-03:00"]
    error_message = "one person may be the enforcer, and not for ever"
  }
  assert {
    condition     = startswith(output.freio.probe, "export FREIO_GATEWAY_KEY=$(gcloud secrets versions access latest --secret freio-gateway-key ") && length(split("\nexport CLOUDSDK_CONFIG=$(mktemp -d)\n", output.freio.probe)) == 2
    error_message = "the command line stops without the gateway's key, and gcloud knows nobody in a new folder: ${output.freio.probe}"
  }
  assert {
    condition     = toset([for right in output.freio.rights : "${right.who} on ${right.on}" if contains(right.may, "aiplatform.endpoints.predict")]) == toset(["enforcer on project acme-drill"])
    error_message = "models are asked by the drill alone"
  }
  assert {
    condition     = google_project_service.compute.service == "compute.googleapis.com" && !google_project_service.compute.disable_on_destroy
    error_message = "a project of Freio's own has no load balancers yet"
  }
  assert {
    condition     = length(output.freio.kms_members.key) == 7 && length(output.freio.kms_members.warehouse_key) == 1
    error_message = "who keeps the keys is told whom to let"
  }
}

run "it_can_be_made" {
  command = apply

  assert {
    condition     = output.address != ""
    error_message = "the name that Slack is given must resolve to the load balancer"
  }
}
