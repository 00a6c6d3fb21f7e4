# The functions, and how they are called.

mock_provider "google" {
  source = "./tests/mocks"
}

run "slack_inbox_alone_is_warm_and_open" {
  command = plan

  assert {
    condition     = { for name, function in google_cloudfunctions2_function.freio : name => function.service_config[0].min_instance_count } == { slack_inbox = 1, budget_alert = 0, spend_watch = 0, enforcer = 0 }
    error_message = "one warm instance is what Freio costs most for"
  }
  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.public) == ["slack_inbox"] && google_cloud_run_v2_service_iam_member.public["slack_inbox"].member == "allUsers"
    error_message = "Slack must reach slack_inbox, and nobody another function"
  }
  assert {
    condition     = { for name, grant in google_cloud_run_v2_service_iam_member.pushed : name => grant.member } == { for name in ["budget_alert", "enforcer", "spend_watch"] : name => "serviceAccount:freio-push@acme-freio.iam.gserviceaccount.com" }
    error_message = "the pushing account alone invokes the others"
  }
  assert {
    condition     = { for name, function in google_cloudfunctions2_function.freio : name => function.service_config[0].ingress_settings } == { slack_inbox = "ALLOW_ALL", budget_alert = "ALLOW_INTERNAL_ONLY", spend_watch = "ALLOW_INTERNAL_ONLY", enforcer = "ALLOW_INTERNAL_ONLY" }
    error_message = "what Pub/Sub pushes to is internal"
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.freio : (name == "slack_inbox") != contains(keys(function.service_config[0].environment_variables), "FREIO_PUSH_SIGNATURE")])
    error_message = "the second lock is on where Cloud Run checks first, and nowhere else"
  }
}

run "each_serves_as_many_at_once_as_it_has_threads" {
  command = plan

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.freio : function.service_config[0].environment_variables["THREADS"] == tostring(function.service_config[0].max_instance_request_concurrency)])
    error_message = "requests would wait in an instance that looks free"
  }
  assert {
    condition     = google_cloudfunctions2_function.freio["spend_watch"].service_config[0].max_instance_request_concurrency == 1 && google_cloudfunctions2_function.freio["spend_watch"].service_config[0].available_memory == "2Gi"
    error_message = "two ticks at once would not fit into the memory of one instance"
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.freio : function.build_config[0].entry_point == name && length(function.event_trigger) == 0])
    error_message = "a function without a trigger: its subscription is ours"
  }
  assert {
    condition     = length(toset([for function in google_cloudfunctions2_function.freio : function.service_config[0].service_account_email])) == 4
    error_message = "one service account for each function"
  }
}

run "the_first_apply_makes_all_but_what_reads_the_secrets" {
  command = apply
  variables {
    secrets_ready = false
  }

  assert {
    condition = length(google_cloudfunctions2_function.freio) + length(google_pubsub_subscription.freio) + length(google_cloud_scheduler_job.tick) + length(
    google_monitoring_alert_policy.silence) + length(google_cloud_run_v2_service_iam_member.public) == 0
    error_message = "a function would not start, and what calls it would fail"
  }
  assert {
    condition     = length(google_secret_manager_secret.freio) == 4 && length(output.secrets) == 4 && length(google_project_iam_member.enforcer) > 0
    error_message = "the secrets are there to be filled, and everything else is done"
  }
  assert {
    condition     = output.slack_request_url == "https://freio-slack-inbox-111111111111.southamerica-east1.run.app"
    error_message = "Slack is told the address before there is anything at it: ${output.slack_request_url}"
  }
}

run "the_second_adds_the_functions" {
  command = apply

  assert {
    condition     = length(google_cloudfunctions2_function.freio) == 4 && length(google_pubsub_subscription.freio) == 4 && length(google_cloud_scheduler_job.tick) == 3 && length(google_monitoring_alert_policy.silence) == 2
    error_message = "secrets_ready is so unless somebody says that it is not"
  }
  assert {
    condition     = contains(keys(terraform_data.nothing_is_held), "functions")
    error_message = "secrets_ready = false, said too late, takes the functions from a brake that may be held"
  }
}

run "freio_yaml_is_mounted_at_its_version" {
  command = apply

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.freio : (
        name == "slack_inbox" ? length(function.service_config[0].secret_volumes) == 0 :
        function.service_config[0].secret_volumes[0].versions[0].version == google_secret_manager_secret_version.config.version
      )
    ])
    error_message = "a change of freio.yaml must make a new revision of each function that reads it"
  }
  assert {
    condition     = google_secret_manager_secret_version.config.secret_data == base64gzip(file("examples/organisation/freio.yaml"))
    error_message = "the file is handed over as it is"
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.freio : function.service_config[0].environment_variables["FREIO_CONFIG"] == "/etc/freio/freio.yaml.gz"])
    error_message = "FREIO_CONFIG names the mounted file"
  }
  assert {
    condition     = google_cloudfunctions2_function.freio["slack_inbox"].service_config[0].environment_variables["FREIO_TIME_ZONE"] == "America/Sao_Paulo"
    error_message = "slack_inbox is told how the client speaks"
  }
}

run "a_size_may_be_another" {
  command = plan
  variables {
    sizes = { spend_watch = { memory = "4Gi", cpu = "2" } }
  }

  assert {
    condition     = google_cloudfunctions2_function.freio["spend_watch"].service_config[0].available_memory == "4Gi" && google_cloudfunctions2_function.freio["enforcer"].service_config[0].available_memory == "512Mi"
    error_message = "sizes are by function"
  }
}

run "every_subscription_is_ours_and_has_a_dead_letter" {
  command = apply

  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.freio : subscription.dead_letter_policy[0].dead_letter_topic == google_pubsub_topic.dead_letters.id && subscription.dead_letter_policy[0].max_delivery_attempts >= 5])
    error_message = "a poison message would be delivered for ever"
  }
  assert {
    condition     = keys(google_pubsub_subscription_iam_member.dead_letters) == keys(google_pubsub_subscription.freio) && google_pubsub_topic_iam_member.dead_letters.member == "serviceAccount:service-111111111111@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "without both of its roles Pub/Sub writes no dead letter, in silence"
  }
  assert {
    condition     = google_pubsub_subscription.dead_letters.message_retention_duration == "2678400s" && google_pubsub_subscription.dead_letters.topic == google_pubsub_topic.dead_letters.id
    error_message = "dead letters are kept for a person"
  }
  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.freio : subscription.retry_policy[0].minimum_backoff != "" && subscription.expiration_policy[0].ttl == ""])
    error_message = "pauses grow, and no subscription goes away by itself"
  }
  assert {
    condition = { for name, subscription in google_pubsub_subscription.freio : name => subscription.push_config[0].oidc_token[0].audience } == {
      "freio-budgets-budget-alert" = "https://southamerica-east1-acme-freio.cloudfunctions.net/freio-budget-alert"
      "freio-watch-spend-watch"    = "https://southamerica-east1-acme-freio.cloudfunctions.net/freio-spend-watch"
      "freio-clicks-enforcer"      = "https://southamerica-east1-acme-freio.cloudfunctions.net/freio-enforcer"
      "freio-clicks-sweeps"        = "https://southamerica-east1-acme-freio.cloudfunctions.net/freio-enforcer"
    }
    error_message = "a push is signed for the function that it goes to"
  }
  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.freio : name == "slack_inbox" ? true : function.service_config[0].environment_variables["FREIO_PUSH_AUDIENCE"] == local.audiences[name]
    ])
    error_message = "a function would refuse what is signed for it"
  }
  assert {
    condition     = alltrue([for name, subscription in google_pubsub_subscription.freio : subscription.ack_deadline_seconds > google_cloudfunctions2_function.freio[local.subscriptions[name].function].service_config[0].timeout_seconds])
    error_message = "Pub/Sub would push again what is still being worked on"
  }
}

run "a_click_and_a_sweep_are_told_apart" {
  command = plan

  assert {
    condition     = google_pubsub_subscription.freio["freio-clicks-enforcer"].filter == "NOT attributes:tick" && google_pubsub_subscription.freio["freio-clicks-sweeps"].filter == "attributes.tick = \"sweep\""
    error_message = "each message of freio-clicks is one subscription's"
  }
  assert {
    condition     = google_pubsub_subscription.freio["freio-clicks-sweeps"].message_retention_duration == "600s" && google_pubsub_subscription.freio["freio-clicks-enforcer"].message_retention_duration == "604800s"
    error_message = "sweeps must not pile up, and no click may be lost"
  }
}

run "every_tick_has_data" {
  command = plan

  assert {
    condition     = { for name, job in google_cloud_scheduler_job.tick : name => job.schedule } == { "freio-watch" = "*/5 * * * *", "freio-sweep" = "* * * * *", "freio-drill" = "0 10 1 * *" }
    error_message = "the watch every five minutes, the sweep every minute, the drill once a month"
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.tick : job.pubsub_target[0].data == base64encode("{}")])
    error_message = "functions-framework answers 400 to a push without data"
  }
  assert {
    condition     = google_cloud_scheduler_job.tick["freio-sweep"].pubsub_target[0].attributes["tick"] == "sweep"
    error_message = "the sweep is told by its attribute"
  }
}

run "a_drill_is_ticked_where_the_file_has_one" {
  command = plan
  variables {
    config_file = "tests/files/drill.yaml"
  }

  assert {
    condition     = google_cloud_scheduler_job.tick["freio-drill"].pubsub_target[0].attributes["tick"] == "drill" && google_cloud_scheduler_job.tick["freio-drill"].time_zone == "Europe/Lisbon"
    error_message = "monthly, in the client's time zone"
  }
  assert {
    condition     = contains(google_project_iam_custom_role.enforcer["acme-chat"].permissions, "aiplatform.endpoints.predict") && contains(keys(google_pubsub_topic_iam_member.publishes), "enforcer to freio-watch")
    error_message = "its questions are asked by the enforcer, and freio drill calls the watch as the enforcer"
  }
  assert {
    condition     = contains(keys(google_project_service.apps), "acme-chat aiplatform.googleapis.com") && contains(keys(google_project_service.own), "aiplatform.googleapis.com")
    error_message = "there is no model to brake where the drill is, or the enforcer may not call one"
  }
}

run "a_drill_that_asks_no_model" {
  command = plan
  variables {
    config_file = "tests/files/quiet_drill.yaml"
  }

  assert {
    condition     = contains(keys(google_project_service.apps), "acme-drill aiplatform.googleapis.com") && !contains(keys(google_project_service.own), "aiplatform.googleapis.com")
    error_message = "its project has the API, and Freio's calls no model: ${jsonencode(keys(google_project_service.apps))}"
  }
  assert {
    condition     = [for key in keys(google_project_service.apps) : key if endswith(key, " aiplatform.googleapis.com")] == ["acme-drill aiplatform.googleapis.com"]
    error_message = "who calls models has the API, or wants none"
  }
}

run "without_a_drill_nobody_may_ask_a_model" {
  command = plan
  variables {
    config_file = "tests/files/soft.yaml"
  }

  assert {
    condition     = !contains(keys(google_cloud_scheduler_job.tick), "freio-drill") && length([for one in concat(values(google_project_service.apps), values(google_project_service.own)) : one if one.service == "aiplatform.googleapis.com"]) == 0
    error_message = "a drill that the file does not name"
  }

  assert {
    condition = !anytrue([
      for right in output.rights : contains(right.may, "aiplatform.endpoints.predict") || (right.who == "enforcer" && right.on == "topic freio-watch")
    ])
    error_message = "nothing is granted by surprise"
  }
}

run "central_network_rules" {
  command = plan
  variables {
    network = {
      inbox_ingress = "ALLOW_INTERNAL_AND_GCLB"
      inbox_url     = "https://freio.acme.example"
      vpc_connector = "projects/acme-network/locations/southamerica-east1/connectors/serverless"
      egress        = "ALL_TRAFFIC"
    }
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.freio : function.service_config[0].vpc_connector == "projects/acme-network/locations/southamerica-east1/connectors/serverless" && function.service_config[0].vpc_connector_egress_settings == "ALL_TRAFFIC"])
    error_message = "all calls go out through the network"
  }
  assert {
    condition     = google_cloudfunctions2_function.freio["slack_inbox"].service_config[0].ingress_settings == "ALLOW_INTERNAL_AND_GCLB" && output.slack_request_url == "https://freio.acme.example"
    error_message = "Slack is given the load balancer's address"
  }
}
