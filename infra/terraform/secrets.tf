# Slack's secrets and the gateway's keys are put in by hand, so that they are in no state file:
#   gcloud secrets versions add freio-slack-bot-token --data-file=-
# A function does not start without, so the first apply makes everything but the functions (secrets_ready = false). Not a
# placeholder instead: whoever has read this would know the signing secret of every Freio that nobody has finished.

locals {
  secrets = merge(
    {
      "slack-bot-token"      = "the Slack app's bot token, xoxb-…"
      "slack-signing-secret" = "the Slack app's signing secret"
    },
    # Two, since a proxy admin's key is a brake: the enforcer alone has that one. What spend_watch calls (GET of
    # /v1/model/info, /team/info, /v2/team/list, /key/info, /key/list, /spend/logs/v2) a viewer may call too.
    local.has_gateway ? {
      "gateway-key"        = "a key of the gateway in freio.yaml, of a user with the role proxy_admin: the enforcer's"
      "gateway-viewer-key" = "a key of the gateway in freio.yaml, of a user with the role proxy_admin_viewer, in no team and for all models: spend_watch's"
    } : {},
  )
}

resource "google_secret_manager_secret" "freio" {
  for_each = local.secrets

  project   = var.project
  secret_id = "freio-${each.key}"
  labels    = local.labels

  replication {
    user_managed {
      replicas {
        location = var.location.region
        dynamic "customer_managed_encryption" {
          for_each = var.kms.key == null ? [] : [var.kms.key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  lifecycle {
    # A secret cannot be moved: one in another place would be a new one, without its versions. Functions read it from
    # wherever it is.
    ignore_changes = [replication[0].user_managed[0].replicas[0].location]
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.agents]
}

# freio.yaml reaches the functions as a file of Secret Manager's: it is no secret, but names people, and this is the only
# kind of file that a function can be given at apply, without a build and without a library to read it. A new version
# makes a new revision of each function. Compressed: a version holds 64 KiB, which is some 1,000 apps.
resource "google_secret_manager_secret" "config" {
  project   = var.project
  secret_id = "freio-config"
  labels    = local.labels

  replication {
    user_managed {
      replicas {
        location = var.location.region
        dynamic "customer_managed_encryption" {
          for_each = var.kms.key == null ? [] : [var.kms.key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [replication[0].user_managed[0].replicas[0].location] # as above
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.agents]
}

resource "google_secret_manager_secret_version" "config" {
  secret                = google_secret_manager_secret.config.id
  secret_data           = base64gzip(file(var.config_file))
  is_secret_data_base64 = true

  lifecycle {
    # Instances of the revision before still read the version before.
    create_before_destroy = true

    precondition {
      condition     = length(base64gzip(file(var.config_file))) <= 65536 / 3 * 4
      error_message = "${var.config_file}: is ${length(base64gzip(file(var.config_file))) / 4 * 3} bytes when compressed, and Secret Manager takes 65536 of one version."
    }
  }

  depends_on = [terraform_data.freio_yaml]
}
