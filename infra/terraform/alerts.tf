# Who watches the watcher: dead letters, incidents that are stuck, silence, and what Freio itself costs. By channels of
# Cloud Monitoring, none of which should be Slack: Slack may be what is broken.

locals {
  channels = concat(var.alerts.channels, [for channel in google_monitoring_notification_channel.email : channel.name])
  services = join(" OR ", [for service in values(local.function_names) : "resource.labels.service_name=\"${service}\""])

  # What the pager writes (adapters/local/pager.py), beside the webhook of freio.yaml: a line for each page, in English.
  page_lines = {
    stuck = {
      filter = "jsonPayload.message=~\"^Freio is stuck on \""
      what   = "Freio is stuck: a lever cannot be set or let go"
      todo   = "What stands in the log line is what was tried and what Google said. Freio goes on trying, and the incident's thread in Slack tells what a person can do. `freio release --all` lets go of everything else."
    }
    pages = {
      filter = "NOT jsonPayload.message=~\"^Freio is stuck on \""
      what   = "Freio has paged"
      todo   = "The log line says what for: nobody has answered, a message cannot be delivered, Freio cannot do its work, or spend belongs to no app."
    }
  }

  # What each says in the log of a tick that it has handled (freio/bootstrap.py, ticked), how often, and what is not done
  # while it says nothing. A click and a drill are no such line, nor is a tick that broke off; what failed within one that
  # came to its end is paged and noted by itself.
  ticked = {
    spend_watch = { tick = "watch", every = "every five minutes", undone = "nothing runs away visibly" }
    enforcer    = { tick = "sweep", every = "every minute", undone = "no throttle ends and none begins" }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alerts.emails)

  project      = var.project
  display_name = "Freio: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.own]
}

# ---- STUCK, and every other page: by the line itself. A metric of lines that nobody has written yet is unknown to Cloud
# Monitoring for ten minutes, and a policy on it cannot be made in the apply that makes the metric (provider issue 11102).

resource "google_monitoring_alert_policy" "page" {
  for_each = local.page_lines

  project               = var.project
  display_name          = each.value.what
  combiner              = "OR"
  severity              = each.key == "stuck" ? "CRITICAL" : "WARNING"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "a page in the log"
    condition_matched_log {
      filter = "resource.type=\"cloud_run_revision\" AND (${local.services}) AND severity=CRITICAL AND jsonPayload.dedup_key:* AND ${each.value.filter}"
      # An incident for each thing that somebody is paged about: a page that comes again is the same one.
      label_extractors = {
        app  = "EXTRACT(jsonPayload.details.app)"
        page = "EXTRACT(jsonPayload.dedup_key)"
      }
    }
  }

  alert_strategy {
    auto_close = "3600s"
    notification_rate_limit {
      period = "300s" # the least that Google takes
    }
  }
  documentation {
    content   = each.value.todo
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.own]
}

# ---- dead letters: by the subscription's own metric, since Pub/Sub writes no log entry of one

resource "google_monitoring_alert_policy" "dead_letters" {
  project               = var.project
  display_name          = "Freio: a message became a dead letter"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "given up at a subscription"
    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/dead_letter_message_count\" AND resource.labels.subscription_id = one_of(${join(", ", [for name in keys(local.subscriptions) : "\"${name}\""])})"
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.subscription_id"]
      }
    }
  }
  conditions {
    display_name = "nobody has looked at one for a day"
    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.dead_letters.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 86400
      duration        = "0s"
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "Look: `gcloud pubsub subscriptions pull freio-dead-letters --project ${var.project} --limit 10` (without --auto-ack it stays). Its attribute CloudPubSubDeadLetterSourceSubscription says where it was given up; the function's log says why. What is right is published again to the topic it came from: each message counts once."
    mime_type = "text/markdown"
  }
}

# ---- silence: a log-matched alert cannot tell of what is not there, and so the lines are counted

resource "google_logging_metric" "tick" {
  for_each = local.ticked

  project     = var.project
  name        = "freio-tick-${each.value.tick}"
  description = "Ticks that ${each.key} has handled: ${each.value.every}."
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.function_names[each.key]}\" AND jsonPayload.tick=\"${each.value.tick}\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }

  depends_on = [google_project_service.own]
}

resource "google_monitoring_alert_policy" "silence" {
  for_each = { for name, one in local.ticked : name => one if var.secrets_ready }

  project               = var.project
  display_name          = "Freio: ${each.key} has handled no tick for 15 minutes"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "no line of a tick in 15 minutes"
    # `or vector(0)`: a function that was never called is silent too, and a condition on absence fires only for what was
    # there before. In PromQL the first / of a metric's name is :, and all else that is no letter or digit is _.
    condition_prometheus_query_language {
      query                     = "(sum(increase(logging_googleapis_com:user_${replace(google_logging_metric.tick[each.key].name, "-", "_")}{monitored_resource=\"cloud_run_revision\",project_id=\"${var.project}\"}[15m])) or vector(0)) < 1"
      duration                  = "60s"
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "3600s"
  }
  documentation {
    content   = "It is ticked ${each.value.every}. Look whether Cloud Scheduler publishes (`gcloud scheduler jobs list --location ${var.location.region} --project ${var.project}`), whether the subscription delivers, and what the function's log says. While it is silent, ${each.value.undone}. After the very first apply this comes once, until the first ticks: a way to see that it reaches you."
    mime_type = "text/markdown"
  }
}

# ---- what Freio itself costs: by Cloud Billing's own budget, since no line of Freio's knows its own bill

resource "google_billing_budget" "own" {
  billing_account = var.own_budget.account == null ? local.billing_account : var.own_budget.account
  display_name    = "Freio itself" # no app's name: Freio takes no message of it

  budget_filter {
    projects = ["projects/${data.google_project.own.number}"]
    # Where apps spend in the same project, what Freio made is told by its label: the functions, above all.
    labels                 = contains(local.app_projects, var.project) ? { freio = "own" } : null
    calendar_period        = "MONTH"
    credit_types_treatment = "INCLUDE_ALL_CREDITS"
  }

  amount {
    specified_amount {
      units = format("%d", floor(var.own_budget.monthly))
      nanos = floor((var.own_budget.monthly - floor(var.own_budget.monthly)) * 1000000000 + 0.5)
    }
  }

  threshold_rules {
    threshold_percent = 0.5
  }
  threshold_rules {
    threshold_percent = 1
  }
  threshold_rules {
    threshold_percent = 1
    spend_basis       = "FORECASTED_SPEND"
  }

  # Google mails budgets to channels of the type email alone, five at most, and to the billing administrators.
  all_updates_rule {
    monitoring_notification_channels = [for channel in google_monitoring_notification_channel.email : channel.name]
    disable_default_iam_recipients   = false
  }
}
