# The example as it stands: what a small client gets.

mock_provider "google" {
  source = "../../tests/mocks"
}

run "a_small_client" {
  command = plan

  assert {
    condition = output.freio.budgets == {
      "advice-chat"     = "by app: project bloom-ai, label app=advice-chat, against 1800 EUR"
      "everything-else" = "by project: project bloom-ai as a whole, against 2400 EUR, the sum for advice-chat, everything-else; advice-chat before it may take a part"
    }
    error_message = jsonencode(output.freio.budgets)
  }
  assert {
    condition = toset([
      for right in output.freio.rights : "${right.who}: ${join(", ", right.may)}" if right.on == "project bloom-ai" && !startswith(one(slice(tolist(right.may), 0, 1)), "roles/")
      ]) == toset([
      "spend_watch: monitoring.timeSeries.list, resourcemanager.projects.get, serviceusage.quotas.get",
      "enforcer: cloudquotas.quotas.get, cloudquotas.quotas.update, monitoring.timeSeries.list, serviceusage.operations.get, serviceusage.quotas.get, serviceusage.quotas.update",
    ])
    error_message = jsonencode(output.freio.rights)
  }
  assert {
    condition     = length([for right in output.freio.rights : right if right.who == "freio-hard-levers"]) == 0 && !contains(keys(output.freio.environment), "FREIO_HARD_LEVERS_SERVICE_ACCOUNT")
    error_message = "no hard lever is asked for, and somebody could pull one"
  }
  assert {
    condition     = toset([for right in output.freio.rights : right.on if right.who == "user:ines@bloom.example"]) == toset(["service account freio-enforcer"])
    error_message = "who probes may impersonate the enforcer, and nothing else"
  }
  assert {
    condition     = startswith(output.freio.probe, "unset GOOGLE_APPLICATION_CREDENTIALS\nexport CLOUDSDK_CONFIG=$(mktemp -d)\ngcloud auth application-default login --impersonate-service-account freio-enforcer@bloom-ai.iam.gserviceaccount.com\n") && strcontains(output.freio.probe, "export FREIO_STORE=firestore:bloom-ai/freio\n") && endswith(output.freio.probe, "freio.yaml")
    error_message = output.freio.probe
  }
  assert {
    condition     = output.freio.topic_for_anomalies != null && length(output.freio.secrets) == 2
    error_message = "a person is told the next steps"
  }
}

run "it_can_be_made" {
  command = apply

  assert {
    condition     = output.freio.slack_request_url != ""
    error_message = "Slack's request URL is what a person needs next"
  }
}
