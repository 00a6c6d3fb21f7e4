# The queue: topics, and push subscriptions of our own, each with growing pauses and a dead letter. No ordering keys: one
# poison message would hold up a release.

locals {
  topics = {
    "freio-budgets" = "Cloud Billing's budget messages and cost anomalies"
    "freio-watch"   = "ticks for spend_watch, and calls to look at once"
    "freio-clicks"  = "what people did in Slack, and the enforcer's sweep"
  }

  # Pub/Sub waits for an answer as long as a function may take (`ack`), and a little longer. What a tick asks for the next
  # tick asks again, so that ticks are given up early and never pile up; a click or a budget message is asked for once.
  subscriptions = {
    "freio-budgets-budget-alert" = {
      topic = "freio-budgets", function = "budget_alert", filter = "", attempts = 10, least = "10s", most = "600s"
      kept  = "604800s"
    }
    "freio-watch-spend-watch" = {
      topic = "freio-watch", function = "spend_watch", filter = "", attempts = 5, least = "10s", most = "60s"
      kept  = "3600s"
    }
    "freio-clicks-enforcer" = {
      topic = "freio-clicks", function = "enforcer", filter = "NOT attributes:tick", attempts = 20, least = "10s", most = "300s"
      kept  = "604800s"
    }
    # Ten minutes are the least that Pub/Sub keeps. A sweep that fails comes again with the next minute's.
    "freio-clicks-sweeps" = {
      topic = "freio-clicks", function = "enforcer", filter = "attributes.tick = \"sweep\"", attempts = 5, least = "10s", most = "60s"
      kept  = "600s"
    }
  }
}

resource "google_pubsub_topic" "freio" {
  for_each = local.topics

  project      = var.project
  name         = each.key
  labels       = local.labels
  kms_key_name = var.kms.key

  message_storage_policy {
    allowed_persistence_regions = [var.location.region]
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic" "dead_letters" {
  project      = var.project
  name         = "freio-dead-letters"
  labels       = local.labels
  kms_key_name = var.kms.key

  message_storage_policy {
    allowed_persistence_regions = [var.location.region]
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.agents]
}

# Keeps dead letters until a person has looked, 31 days at most; without a subscription they would be gone at once.
resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project
  name                       = "freio-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  labels                     = local.labels
  message_retention_duration = "2678400s"
  ack_deadline_seconds       = 60

  expiration_policy {
    ttl = "" # never, however long nobody pulls
  }
}

resource "google_pubsub_subscription" "freio" {
  for_each = { for name, one in local.subscriptions : name => one if var.secrets_ready }

  project                    = var.project
  name                       = each.key
  topic                      = google_pubsub_topic.freio[each.value.topic].id
  labels                     = local.labels
  filter                     = each.value.filter
  message_retention_duration = each.value.kept
  ack_deadline_seconds       = min(600, google_cloudfunctions2_function.freio[each.value.function].service_config[0].timeout_seconds + 10)

  push_config {
    push_endpoint = google_cloudfunctions2_function.freio[each.value.function].service_config[0].uri
    oidc_token {
      service_account_email = "${google_service_account.push.account_id}@${local.iam_domain}"
      audience              = local.audiences[each.value.function]
    }
  }

  retry_policy {
    minimum_backoff = each.value.least
    maximum_backoff = each.value.most
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = each.value.attempts
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.pushed,
    google_service_account_iam_member.signs_pushes,
    google_pubsub_topic_iam_member.dead_letters,
  ]
}

# A dead letter is written by Pub/Sub's own agent: it publishes to the one topic, and acknowledges at the subscriptions.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = var.project
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = local.agents.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = google_pubsub_subscription.freio

  project      = var.project
  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}
