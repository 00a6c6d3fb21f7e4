# Who may do what, function by function. Nothing here is authoritative: what others have granted stays.

# ---- in the apps' projects: a custom role each, with exactly what the configured levers take

resource "google_project_iam_custom_role" "watch" {
  for_each = local.granted

  project     = each.key
  role_id     = "freioWatch"
  title       = "Freio: watch"
  description = "What spend_watch reads here: usage, and what stands at the levers of ${local.client}'s apps."
  permissions = each.value.watch

  depends_on = [terraform_data.freio_yaml, google_project_service.apps]
}

resource "google_project_iam_member" "watch" {
  for_each = local.granted

  project = each.key
  role    = google_project_iam_custom_role.watch[each.key].name
  member  = local.members["spend_watch"]
}

resource "google_project_iam_custom_role" "enforcer" {
  for_each = local.granted

  project     = each.key
  role_id     = "freioEnforcer"
  title       = "Freio: enforcer"
  description = "What the enforcer sets and reads here: the levers of ${local.client}'s apps, without the hard ones' powers."
  permissions = each.value.enforcer

  depends_on = [terraform_data.freio_yaml, terraform_data.lever_is_let_go, google_project_service.apps]
}

resource "google_project_iam_member" "enforcer" {
  for_each = local.granted

  project = each.key
  role    = google_project_iam_custom_role.enforcer[each.key].name
  member  = local.members["enforcer"]
}

# ---- the billing account: what the client pays for a token, and Google's spend caps
#
# Google takes no project's custom role there, but one of the organization that has the account. Where none is named, it is
# the narrowest role of Google's with both permissions: roles/billing.costsManager writes budgets, and billing.viewer shows
# the account's payments beside them. Source: https://cloud.google.com/billing/docs/how-to/custom-roles.

locals {
  has_billing_role = var.organization.id != null && var.organization.billing_role
}

resource "google_organization_iam_custom_role" "billing" {
  count = local.has_billing_role ? 1 : 0

  org_id      = var.organization.id
  role_id     = "freioBilling_${replace(var.project, "/[^A-Za-z0-9_]/", "_")}" # of this Freio: an organization may have two
  title       = "Freio: prices and spend caps"
  description = "What spend_watch of ${var.project} reads of the billing account. Granted on that account alone."
  permissions = [
    "billing.billingAccountPrice.get", # skus.price.get
    "billing.budgets.list",            # budgets.list: the spend caps
  ]

  depends_on = [terraform_data.freio_yaml]
}

resource "google_billing_account_iam_member" "watch" {
  for_each = toset(local.billing_account == "" ? [] : [local.billing_account])

  billing_account_id = each.key
  role               = local.has_billing_role ? google_organization_iam_custom_role.billing[0].name : "roles/billing.viewer"
  member             = local.members["spend_watch"]
}

# ---- the state: Freio's own database, and no other of the project

resource "google_project_iam_member" "state" {
  for_each = { for name, function in local.functions : name => function if function.keeps_state }

  project = var.project
  role    = "roles/datastore.user"
  member  = local.members[each.key]

  condition {
    title       = "freio-database"
    description = "Freio's own database alone."
    expression  = "resource.name == 'projects/${var.project}/databases/${google_firestore_database.state.name}'"
  }
}

# ---- the queue

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = {
    for pair in flatten([for name, function in local.functions : [for topic in function.publishes : { function = name, topic = topic }]]) :
    "${pair.function} to ${pair.topic}" => pair
  }

  project = var.project
  topic   = google_pubsub_topic.freio[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = local.members[each.value.function]
}

# Google adds it by itself when a budget is connected in the console; not when one is made over the API.
resource "google_pubsub_topic_iam_member" "budgets" {
  project = var.project
  topic   = google_pubsub_topic.freio["freio-budgets"].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:billing-budget-alert@system.gserviceaccount.com"
}

# ---- the secrets

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = {
    for pair in flatten([for name, function in local.functions : [for secret in values(function.secrets) : { function = name, secret = secret }]]) :
    "${pair.function} reads ${pair.secret}" => pair
  }

  project   = var.project
  secret_id = google_secret_manager_secret.freio[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.members[each.value.function]
}

resource "google_secret_manager_secret_iam_member" "reads_config" {
  for_each = { for name, function in local.functions : name => function if function.reads_file }

  project   = var.project
  secret_id = google_secret_manager_secret.config.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.members[each.key]
}

# ---- the warehouse: table by table

resource "google_project_iam_member" "jobs" {
  for_each = toset(["spend_watch", "enforcer"])

  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = local.members[each.key]
}

resource "google_project_iam_custom_role" "warehouse" {
  project     = var.project
  role_id     = "freioWarehouse"
  title       = "Freio: its own tables"
  description = "Read and change rows of a table; make and drop none. Granted on single tables."
  permissions = [
    "bigquery.tables.get",
    "bigquery.tables.getData",
    "bigquery.tables.updateData",
  ]
}

resource "google_bigquery_table_iam_member" "writes" {
  for_each = merge(
    { for table in local.rollup_tables : "spend_watch in ${table}" => { function = "spend_watch", table = table } },
    { "enforcer in journal_lines" = { function = "enforcer", table = "journal_lines" } },
  )

  project    = var.project
  dataset_id = google_bigquery_dataset.freio.dataset_id
  table_id   = google_bigquery_table.freio[each.value.table].table_id
  role       = google_project_iam_custom_role.warehouse.name
  member     = local.members[each.value.function]
}

# `freio probe` and `freio quotas` are run as the enforcer, and read the rollup as it stands: they bring nothing up to date.
resource "google_project_iam_custom_role" "rollup" {
  project     = var.project
  role_id     = "freioRollup"
  title       = "Freio: its rollup, to read"
  description = "Read rows of a table, and change none. Granted on single tables."
  permissions = [
    "bigquery.tables.get",
    "bigquery.tables.getData",
  ]
}

resource "google_bigquery_table_iam_member" "reads" {
  for_each = { for table in ["hourly_spend", "hourly_spend_runs"] : "enforcer in ${table}" => { function = "enforcer", table = table } }

  project    = var.project
  dataset_id = google_bigquery_dataset.freio.dataset_id
  table_id   = google_bigquery_table.freio[each.value.table].table_id
  role       = google_project_iam_custom_role.rollup.name
  member     = local.members[each.value.function]
}

# Where the dataset is, which is where jobs must run.
resource "google_project_iam_custom_role" "dataset" {
  project     = var.project
  role_id     = "freioDataset"
  title       = "Freio: where its dataset is"
  description = "See a dataset's own entry, and no table in it. Granted on Freio's dataset."
  permissions = ["bigquery.datasets.get"]
}

resource "google_bigquery_dataset_iam_member" "sees" {
  for_each = toset(["spend_watch", "enforcer"])

  project    = var.project
  dataset_id = google_bigquery_dataset.freio.dataset_id
  role       = google_project_iam_custom_role.dataset.name
  member     = local.members[each.key]
}

# The billing export, and no other table beside it. It is the client's: whoever applies must be allowed to share it.
resource "google_bigquery_table_iam_member" "export" {
  for_each = local.export_parts[0] == "" ? {} : { spend_watch = local.export_parts }

  project    = each.value[0]
  dataset_id = each.value[1]
  table_id   = each.value[2]
  role       = "roles/bigquery.dataViewer"
  member     = local.members[each.key]
}

resource "google_bigquery_dataset_iam_member" "readers" {
  for_each = toset(var.access.readers)

  project    = var.project
  dataset_id = google_bigquery_dataset.freio.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.key
}
