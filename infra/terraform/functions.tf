# The functions: Cloud Run functions (gen 2). A function is one entry of `functions`; who calls it is an entry of
# `subscriptions` (messaging.tf); what it may do stands in rights.tf.
#
# google_cloudfunctions2_function and not google_cloud_run_v2_service: the latter's build_config only records a build
# that somebody else has run, and this one builds `make bundle`'s archive at apply. It has no event trigger: a
# subscription that a trigger makes allows no dead letter.

locals {
  # What each gets. CPU and memory are what `freio cost` reckons with (domain/running_work.py), and a test holds the two
  # together. functions-framework serves as many requests at once as THREADS says, so that is set to the concurrency:
  # with fewer threads requests would wait inside an instance that looks free.
  #
  # slack_inbox   acknowledges within Slack's 3 seconds, so one instance is kept warm: the only one. Light, and waits for
  #               Pub/Sub most of the time.
  # budget_alert  some messages an hour for each app; each waits for Firestore.
  # spend_watch   numpy and PyOD fill its memory, and one tick works on all apps: one at a time in an instance. A second
  #               instance takes the call of a budget message while a tick runs.
  # enforcer      waits for Google's operations, a minute each: sweeps overlap, and share instances. Each target is
  #               claimed, so that two sweeps never drive one.
  functions = {
    slack_inbox = {
      size        = { cpu = "1", memory = "512Mi", concurrency = 16, min_instances = 1, max_instances = 5, timeout = 30 }
      is_public   = true
      reads_file  = false # it is told how the client speaks
      keeps_state = false
      secrets     = { SLACK_BOT_TOKEN = "slack-bot-token", SLACK_SIGNING_SECRET = "slack-signing-secret" }
      publishes   = ["freio-clicks"]
      environment = {
        FREIO_LOCALE    = local.locale
        FREIO_TIME_ZONE = local.time_zone
        FREIO_CURRENCY  = local.currency
      }
    }
    budget_alert = {
      size        = { cpu = "1", memory = "512Mi", concurrency = 8, min_instances = 0, max_instances = 3, timeout = 60 }
      is_public   = false
      reads_file  = true
      keeps_state = true
      secrets     = { SLACK_BOT_TOKEN = "slack-bot-token" }
      publishes   = ["freio-watch"] # the watch is called at once where a message opens an incident
      environment = {}
    }
    spend_watch = {
      size        = { cpu = "1", memory = "2Gi", concurrency = 1, min_instances = 0, max_instances = 3, timeout = 540 }
      is_public   = false
      reads_file  = true
      keeps_state = true
      secrets     = merge({ SLACK_BOT_TOKEN = "slack-bot-token" }, local.has_gateway ? { FREIO_GATEWAY_KEY = "gateway-viewer-key" } : {})
      publishes   = []
      environment = { FREIO_WAREHOUSE = local.warehouse }
    }
    enforcer = {
      size        = { cpu = "1", memory = "512Mi", concurrency = 8, min_instances = 0, max_instances = 3, timeout = 540 }
      is_public   = false
      reads_file  = true
      keeps_state = true
      secrets     = merge({ SLACK_BOT_TOKEN = "slack-bot-token" }, local.has_gateway ? { FREIO_GATEWAY_KEY = "gateway-key" } : {})
      # `freio drill` is run as the enforcer (access.probers), and calls the watch.
      publishes = local.drilled == "" ? [] : ["freio-watch"]
      environment = merge(
        { FREIO_WAREHOUSE = local.warehouse },
        local.has_hard_levers ? { FREIO_HARD_LEVERS_SERVICE_ACCOUNT = local.hard_levers_email } : {},
      )
    }
  }

  # Which of them are there: none before there are secrets that they could read.
  deployed = { for name, function in local.functions : name => function if var.secrets_ready }

  # spend_watch goes by freio-spend-watch, as a service and as a service account.
  function_names = { for name in keys(local.functions) : name => "freio-${replace(name, "_", "-")}" }
  # Known before there is a function, and accepted by Cloud Run: a function's service has it as its custom audience.
  audiences = {
    for name, service in local.function_names :
    name => "https://${var.location.region}-${var.project}.cloudfunctions.net/${service}"
  }

  # Known before there is a service too, so that Slack can be told it in the same go as it gives out the secrets. Source:
  # https://cloud.google.com/run/docs/triggering/https-request#deterministic.
  inbox_url = "https://${local.function_names["slack_inbox"]}-${data.google_project.own.number}.${var.location.region}.run.app"

  config_folder = "/etc/freio"
  config_path   = "freio.yaml.gz"
  bundles       = coalesce(var.bundles, "${path.module}/../../dist")
}

resource "google_storage_bucket_object" "bundle" {
  for_each = local.functions

  # The archives are the same bytes for the same content, so a function is built anew only when its own content changed.
  name   = "${each.key}-${substr(filesha256("${local.bundles}/${each.key}.zip"), 0, 16)}.zip"
  bucket = google_storage_bucket.source.name
  source = "${local.bundles}/${each.key}.zip"

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "freio" {
  #checkov:skip=CKV_GCP_124:network.pushed_ingress and .inbox_ingress decide: internal for all but slack_inbox, which Slack must reach
  for_each = local.deployed

  project     = var.project
  location    = var.location.region
  name        = local.function_names[each.key]
  description = "Freio: ${each.key}"
  labels      = local.labels
  # Its image and its source; needs a repository under the same key.
  kms_key_name = var.kms.key

  build_config {
    runtime           = var.runtime
    entry_point       = each.key
    service_account   = local.accounts["build"]
    docker_repository = google_artifact_registry_repository.images.id
    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.bundle[each.key].name
      }
    }
    automatic_update_policy {} # security patches of the runtime's base image, without a new apply
  }

  service_config {
    available_cpu                    = try(coalesce(var.sizes[each.key].cpu), each.value.size.cpu)
    available_memory                 = try(coalesce(var.sizes[each.key].memory), each.value.size.memory)
    max_instance_count               = try(coalesce(var.sizes[each.key].max_instances), each.value.size.max_instances)
    timeout_seconds                  = try(coalesce(var.sizes[each.key].timeout), each.value.size.timeout)
    min_instance_count               = each.value.size.min_instances
    max_instance_request_concurrency = each.value.size.concurrency
    service_account_email            = "${google_service_account.function[each.key].account_id}@${local.iam_domain}"
    ingress_settings                 = each.value.is_public ? var.network.inbox_ingress : var.network.pushed_ingress
    vpc_connector                    = var.network.vpc_connector
    vpc_connector_egress_settings    = var.network.vpc_connector == null ? null : var.network.egress
    all_traffic_on_latest_revision   = true

    environment_variables = merge(
      {
        FREIO_CONFIG     = "${local.config_folder}/${local.config_path}"
        FREIO_STORE      = "firestore:${var.project}/${google_firestore_database.state.name}"
        FREIO_QUEUE      = "pubsub:${var.project}"
        LOG_EXECUTION_ID = "true"
        THREADS          = tostring(each.value.size.concurrency)
      },
      # A second lock behind Cloud Run's own. It is none for a service that anybody may invoke.
      each.value.is_public ? {} : {
        FREIO_PUSH_SERVICE_ACCOUNT = local.push_email
        FREIO_PUSH_AUDIENCE        = local.audiences[each.key]
        FREIO_PUSH_SIGNATURE       = "verified-by-cloud-run"
      },
      each.value.environment,
    )

    dynamic "secret_environment_variables" {
      for_each = each.value.secrets
      content {
        key        = secret_environment_variables.key
        project_id = var.project
        secret     = google_secret_manager_secret.freio[secret_environment_variables.value].secret_id
        version    = try(var.secret_versions[secret_environment_variables.value], "latest")
      }
    }

    # The version is pinned, so that a change of freio.yaml is a change of the function: a new revision reads it.
    dynamic "secret_volumes" {
      for_each = each.value.reads_file ? ["freio.yaml"] : []
      content {
        mount_path = local.config_folder
        project_id = var.project
        secret     = google_secret_manager_secret.config.secret_id
        versions {
          version = google_secret_manager_secret_version.config.version
          path    = local.config_path
        }
      }
    }
  }

  # A revision does not come up before it may read its secrets, nor a build before it may write its image.
  depends_on = [
    terraform_data.freio_yaml,
    terraform_data.lever_is_let_go,
    google_project_service.own,
    google_secret_manager_secret_iam_member.reads,
    google_secret_manager_secret_iam_member.reads_config,
    google_project_iam_member.build,
    google_storage_bucket_iam_member.build,
    google_artifact_registry_repository_iam_member.build,
    google_kms_crypto_key_iam_member.agents,
  ]
}

# Slack signs what it posts, and has no account at Google: slack_inbox alone is open, and checks that signature first.
resource "google_cloud_run_v2_service_iam_member" "public" {
  #checkov:skip=CKV_GCP_102:Slack must reach slack_inbox, which takes only what Slack has signed; every other function is closed
  for_each = { for name, function in local.deployed : name => function if function.is_public }

  project  = var.project
  location = var.location.region
  name     = google_cloudfunctions2_function.freio[each.key].name
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service_iam_member" "pushed" {
  for_each = { for name, function in local.deployed : name => function if !function.is_public }

  project  = var.project
  location = var.location.region
  name     = google_cloudfunctions2_function.freio[each.key].name
  role     = "roles/run.invoker"
  member   = "serviceAccount:${local.push_email}"
}
