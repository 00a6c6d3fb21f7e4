# What a person needs next.

output "slack_request_url" {
  description = "The request URL of the Slack app, for interactivity and for the slash command: `freio slack-manifest --url` takes it. Known before slack_inbox is there."
  value       = coalesce(var.network.inbox_url, local.inbox_url)
}

output "secrets" {
  description = "Commands that put the secrets in. The functions do not start without: the first apply says secrets_ready = false, and makes everything but them."
  value = {
    for key, what in local.secrets :
    what => "gcloud secrets versions add ${google_secret_manager_secret.freio[key].secret_id} --project ${var.project} --data-file=-"
  }
}

output "probe" {
  description = "Commands, for a shell of their own, that show as the enforcer which brakes each app really has; they set nothing. Application default credentials of one's own stay as they are: these are in a folder that CLOUDSDK_CONFIG names, and go with it. access.probers may run them, and whoever may do this may brake and let go of everything, unasked, also what takes two people."
  value = join("\n", concat(
    # By who is logged in: in the folder that follows, nobody is.
    local.has_gateway ? ["export FREIO_GATEWAY_KEY=$(gcloud secrets versions access latest --secret ${google_secret_manager_secret.freio["gateway-key"].secret_id} --project ${var.project} --impersonate-service-account ${local.function_emails["enforcer"]})"] : [],
    [
      "unset GOOGLE_APPLICATION_CREDENTIALS",
      "export CLOUDSDK_CONFIG=$(mktemp -d)",
      "gcloud auth application-default login --impersonate-service-account ${local.function_emails["enforcer"]}",
    ],
    [for name, value in local.command_line : "export ${name}=${value}"],
    ["freio probe ${var.config_file}"],
  ))
}

output "release" {
  description = "Before a destroy: lets go of every brake, and waits until what stood there stands there again. Run as the probe is, in the same shell."
  value       = "freio release --all --yes ${var.config_file}"
}

output "environment" {
  description = "What the command line reads of the environment, as the enforcer for freio probe, quotas, drill and release: of spend these read the rollup as it stands, and refresh nothing. Not as the enforcer for freio spend and cost: it may not read the billing export. Who runs these needs roles/bigquery.dataViewer on that and on Freio's dataset (access.readers gives the latter alone), and roles/bigquery.jobUser in project."
  value       = local.command_line
}

output "budgets" {
  description = "By app, what watches its budget, and how exactly."
  value       = local.budget_words
}

output "topic_for_anomalies" {
  description = "The topic to name under Billing > Anomalies, which only the console can connect."
  value       = "projects/${var.project}/topics/${google_pubsub_topic.freio["freio-budgets"].name}"
}

output "functions" {
  description = "By function: the service, and the account that it runs as."
  value = {
    for name, service in local.function_names : name => { service = service, account = local.function_emails[name] }
  }
}

output "kms_members" {
  description = "Who must have roles/cloudkms.cryptoKeyEncrypterDecrypter on kms.key, and on kms.warehouse_key, where keys are the client's own."
  value = {
    key           = var.kms.key == null ? [] : [for agent in local.kms_agents : local.agents[agent]]
    warehouse_key = var.kms.warehouse_key == null ? [] : [local.agents.bigquery]
  }
}

output "rights" {
  description = "Who may do what: every grant that this module makes to one of Freio's own identities."
  value = concat(
    [for project, granted in local.granted : { who = "spend_watch", may = granted.watch, on = "project ${project}" }],
    [for project, granted in local.granted : { who = "enforcer", may = granted.enforcer, on = "project ${project}" }],
    [for project, permissions in local.hard_granted : { who = "freio-hard-levers", may = permissions, on = "project ${project}" }],
    [for one in google_organization_iam_member.policy_admin : { who = "freio-hard-levers", may = [one.role], on = "organization ${one.org_id}${var.organization.policy_condition == null ? "" : " where ${var.organization.policy_condition}"}" }],
    [for who, one in google_folder_iam_member.deny : { who = who, may = [one.role], on = one.folder }],
    [for who, one in google_organization_iam_member.deny : { who = who, may = [one.role], on = "organization ${one.org_id}" }],
    [for one in google_service_account_iam_member.enforcer_as_hard_levers : { who = "enforcer", may = google_project_iam_custom_role.impersonate.permissions, on = "service account freio-hard-levers" }],
    [for account, one in google_billing_account_iam_member.watch : { who = "spend_watch", may = local.has_billing_role ? google_organization_iam_custom_role.billing[0].permissions : [one.role], on = "billing account ${account}" }],
    [for who, one in google_project_iam_member.state : { who = who, may = [one.role], on = "Firestore database ${google_firestore_database.state.name}" }],
    [for who, one in google_project_iam_member.jobs : { who = who, may = [one.role], on = "project ${one.project}" }],
    [for who, one in google_bigquery_dataset_iam_member.sees : { who = who, may = google_project_iam_custom_role.dataset.permissions, on = "dataset ${one.dataset_id}" }],
    [for one in google_bigquery_table_iam_member.writes : { who = { for name, member in local.members : member => name }[one.member], may = google_project_iam_custom_role.warehouse.permissions, on = "table ${one.dataset_id}.${one.table_id}" }],
    [for one in google_bigquery_table_iam_member.reads : { who = { for name, member in local.members : member => name }[one.member], may = google_project_iam_custom_role.rollup.permissions, on = "table ${one.dataset_id}.${one.table_id}" }],
    [for who, one in google_bigquery_table_iam_member.export : { who = who, may = [one.role], on = "table ${one.project}.${one.dataset_id}.${one.table_id}" }],
    [for key, one in google_pubsub_topic_iam_member.publishes : { who = split(" ", key)[0], may = [one.role], on = "topic ${one.topic}" }],
    [for key, one in google_secret_manager_secret_iam_member.reads : { who = split(" ", key)[0], may = [one.role], on = "secret ${one.secret_id}" }],
    [for who, one in google_secret_manager_secret_iam_member.reads_config : { who = who, may = [one.role], on = "secret ${one.secret_id}" }],
    [for function, one in google_cloud_run_v2_service_iam_member.pushed : { who = "freio-push", may = [one.role], on = "function ${function}" }],
    [for function, one in google_cloud_run_v2_service_iam_member.public : { who = "anybody", may = [one.role], on = "function ${function}" }],
    [for key, one in google_project_iam_member.build : { who = "freio-build", may = [one.role], on = key == "sources" ? "buckets gcf-v2-sources-*" : "project ${one.project}" }],
    [{ who = "freio-build", may = [google_storage_bucket_iam_member.build.role], on = "bucket ${google_storage_bucket.source.name}" }],
    [{ who = "freio-build", may = [google_artifact_registry_repository_iam_member.build.role], on = "repository ${google_artifact_registry_repository.images.repository_id}" }],
    [for who, one in google_service_account_iam_member.prober : { who = one.member, may = google_project_iam_custom_role.impersonate.permissions, on = "service account freio-enforcer${var.access.probers[who] == null ? "" : " until ${var.access.probers[who]}"}" }],
    [for key, one in google_service_account_iam_member.deployer : { who = one.member, may = [one.role], on = "service account of ${split(" as ", key)[1]}" }],
    [for one in google_bigquery_dataset_iam_member.readers : { who = one.member, may = [one.role], on = "dataset ${one.dataset_id}" }],
  )
}

locals {
  command_line = merge(
    {
      FREIO_STORE     = "firestore:${var.project}/${google_firestore_database.state.name}"
      FREIO_QUEUE     = "pubsub:${var.project}"
      FREIO_WAREHOUSE = local.warehouse
    },
    local.has_hard_levers ? { FREIO_HARD_LEVERS_SERVICE_ACCOUNT = local.hard_levers_email } : {},
  )
}
