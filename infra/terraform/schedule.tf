# Cloud Scheduler publishes the ticks. Always with data: functions-framework answers 400 to a push without any.

locals {
  ticks = merge(
    {
      "freio-watch" = {
        topic = "freio-watch", schedule = "*/5 * * * *", time_zone = "Etc/UTC", attributes = {}
        what  = "spend_watch looks at every app"
      }
      "freio-sweep" = {
        topic = "freio-clicks", schedule = "* * * * *", time_zone = "Etc/UTC", attributes = { tick = "sweep" }
        what  = "the enforcer does everything that is due"
      }
    },
    local.drilled == "" ? {} : {
      "freio-drill" = {
        topic = "freio-watch", schedule = var.drill_schedule, time_zone = local.time_zone, attributes = { tick = "drill" }
        what  = "the monthly fire drill, at ${local.drilled}"
      }
    },
  )
}

resource "google_cloud_scheduler_job" "tick" {
  for_each = { for name, tick in local.ticks : name => tick if var.secrets_ready }

  project     = var.project
  region      = var.location.region
  name        = each.key
  description = "Freio: ${each.value.what}."
  schedule    = each.value.schedule
  time_zone   = each.value.time_zone

  pubsub_target {
    topic_name = google_pubsub_topic.freio[each.value.topic].id
    data       = base64encode("{}")
    attributes = each.value.attributes
  }
}
