# What is stored, and for how long; who is told when Freio itself is in trouble.

mock_provider "google" {
  source = "./tests/mocks"
}

run "state_can_be_brought_back_and_is_not_thrown_away" {
  command = plan

  assert {
    condition     = google_firestore_database.state.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED" && google_firestore_database.state.delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.state.deletion_policy == "ABANDON"
    error_message = "what stood at a lever before Freio is known nowhere else"
  }
  assert {
    condition     = alltrue([for table in google_bigquery_table.freio : table.deletion_protection]) && google_bigquery_dataset.freio.delete_contents_on_destroy == false
    error_message = "the journal stays"
  }
}

run "freio_can_be_taken_away_on_purpose" {
  command = plan
  variables {
    protect = false
  }

  assert {
    condition     = google_firestore_database.state.delete_protection_state == "DELETE_PROTECTION_DISABLED" && google_firestore_database.state.deletion_policy == "DELETE" && !anytrue([for table in google_bigquery_table.freio : table.deletion_protection])
    error_message = "protect = false lets a destroy destroy"
  }
}

run "what_may_go_goes" {
  command = plan

  assert {
    condition     = !anytrue([for collection in ["freio-brake", "freio-open", "freio-quotabook"] : contains(keys(google_firestore_field.expires_at), collection)])
    error_message = "what stood before us never expires"
  }
  assert {
    condition     = alltrue([for field in google_firestore_field.expires_at : length(field.ttl_config) == 1 && field.field == "expires_at"]) && length(google_firestore_field.expires_at) >= 10
    error_message = "a collection without its TTL policy grows for ever"
  }
  assert {
    condition     = google_bigquery_table.freio["hourly_spend"].time_partitioning[0].expiration_ms == 34560000000 && google_bigquery_table.freio["hourly_spend"].time_partitioning[0].field == "exported"
    error_message = "400 days of the rollup, by the day of export"
  }
  assert {
    condition     = google_bigquery_table.freio["journal_lines"].time_partitioning[0].type == "MONTH" && local.tables.journal_lines.partition.expiration_ms == null
    error_message = "the journal stays, by the month"
  }
  assert {
    condition     = google_bigquery_dataset.freio.location == "US" && google_bigquery_dataset.freio.default_partition_expiration_ms == null && google_bigquery_dataset.freio.default_table_expiration_ms == null
    error_message = "where the export is, and with no expiration of its own"
  }
  assert {
    condition     = toset(keys(google_bigquery_table.view)) == toset(["journal", "daily_spend"])
    error_message = "views for people"
  }
  assert {
    condition     = toset([for policy in google_artifact_registry_repository.images.cleanup_policies : policy.action]) == toset(["KEEP", "DELETE"])
    error_message = "the newest image of each function is kept, older ones go"
  }
}

run "secrets_are_in_no_state" {
  command = apply

  assert {
    condition     = google_secret_manager_secret_version.config.secret == google_secret_manager_secret.config.id && toset(keys(google_secret_manager_secret.freio)) == toset(["slack-bot-token", "slack-signing-secret", "gateway-key", "gateway-viewer-key"])
    error_message = "freio.yaml alone has a version of Terraform's"
  }
  assert {
    condition     = length(output.secrets) == 4 && alltrue([for command in values(output.secrets) : startswith(command, "gcloud secrets versions add freio-") && endswith(command, "--data-file=-")])
    error_message = "a person is told how to put them in"
  }
}

run "trouble_wakes_somebody_and_not_by_slack" {
  command = apply
  variables {
    alerts = { emails = ["oncall@acme.example"], channels = ["projects/acme-freio/notificationChannels/1"] }
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.page), values(google_monitoring_alert_policy.silence), [google_monitoring_alert_policy.dead_letters]) :
      length(policy.notification_channels) == 2 && contains(policy.notification_channels, "projects/acme-freio/notificationChannels/1")
    ])
    error_message = "an alert that nobody gets"
  }
  assert {
    condition     = google_monitoring_alert_policy.page["stuck"].severity == "CRITICAL" && strcontains(google_monitoring_alert_policy.page["stuck"].conditions[0].condition_matched_log[0].filter, "jsonPayload.message=~\"^Freio is stuck on \"")
    error_message = "what is stuck is critical, by the line that the pager writes"
  }
  assert {
    condition = alltrue([for name, tick in { spend_watch = "watch", enforcer = "sweep" } : alltrue([
      endswith(google_logging_metric.tick[name].filter, "resource.labels.service_name=\"freio-${replace(name, "_", "-")}\" AND jsonPayload.tick=\"${tick}\""),
      startswith(google_monitoring_alert_policy.silence[name].conditions[0].condition_prometheus_query_language[0].query, "(sum(increase(logging_googleapis_com:user_freio_tick_${tick}{"),
      endswith(google_monitoring_alert_policy.silence[name].conditions[0].condition_prometheus_query_language[0].query, "[15m])) or vector(0)) < 1"),
    ])]) && length(google_monitoring_alert_policy.silence) == 2
    error_message = "no line of a tick in a quarter of an hour, also where there never was one"
  }
  assert {
    condition     = alltrue([for name in keys(google_pubsub_subscription.freio) : strcontains(google_monitoring_alert_policy.dead_letters.conditions[0].condition_threshold[0].filter, "\"${name}\"")])
    error_message = "a subscription whose dead letters nobody hears of"
  }
}

run "apis_are_enabled_and_never_disabled" {
  command = plan

  assert {
    condition     = alltrue([for api in concat(values(google_project_service.own), values(google_project_service.apps)) : api.disable_on_destroy == false])
    error_message = "a destroy must not turn off what others use"
  }
  assert {
    condition     = contains(keys(google_project_service.apps), "acme-catalogue apikeys.googleapis.com") && !contains(keys(google_project_service.apps), "acme-chat-prod apikeys.googleapis.com")
    error_message = "those of the levers that are named there"
  }
}

run "keys_of_the_clients_own" {
  command = plan
  variables {
    kms = {
      key           = "projects/acme-keys/locations/southamerica-east1/keyRings/freio/cryptoKeys/freio"
      warehouse_key = "projects/acme-keys/locations/us/keyRings/freio/cryptoKeys/freio"
      grant         = true
    }
  }

  assert {
    condition = alltrue(concat(
      [for topic in google_pubsub_topic.freio : topic.kms_key_name == var.kms.key], [google_pubsub_topic.dead_letters.kms_key_name == var.kms.key],
      [for function in google_cloudfunctions2_function.freio : function.kms_key_name == var.kms.key],
      [for secret in google_secret_manager_secret.freio : secret.replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name == var.kms.key],
      [google_firestore_database.state.cmek_config[0].kms_key_name == var.kms.key, google_storage_bucket.source.encryption[0].default_kms_key_name == var.kms.key],
      [google_artifact_registry_repository.images.kms_key_name == var.kms.key],
      [for table in google_bigquery_table.freio : table.encryption_configuration[0].kms_key_name == var.kms.warehouse_key],
    ))
    error_message = "something is kept under another key"
  }
  assert {
    condition     = toset([for grant in google_kms_crypto_key_iam_member.agents : grant.member]) == toset(output.kms_members.key) && length(output.kms_members.key) == 7
    error_message = jsonencode(output.kms_members)
  }
}
