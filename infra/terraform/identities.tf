# Who acts: one service account for each function, one that signs pushes, one that builds. None has a key.

locals {
  # What Freio itself costs can be told by it, where apps spend in the same project.
  labels = merge(var.labels, { freio = "own" })

  # e-mail addresses are written out, and not read back, so that a plan shows who gets what. example.com:p becomes
  # p.example.com.
  iam_domain = "${join(".", reverse(split(":", var.project)))}.iam.gserviceaccount.com"

  function_emails   = { for name, service in local.function_names : name => "${service}@${local.iam_domain}" }
  push_email        = "freio-push@${local.iam_domain}"
  build_email       = "freio-build@${local.iam_domain}"
  hard_levers_email = "freio-hard-levers@${local.iam_domain}"

  members = {
    for name, account in google_service_account.function :
    name => "serviceAccount:${account.account_id}@${local.iam_domain}"
  }

  # Full names, by function and purpose.
  accounts = {
    for name, account in merge(google_service_account.function, { push = google_service_account.push, build = google_service_account.build }) :
    name => "projects/${var.project}/serviceAccounts/${account.account_id}@${local.iam_domain}"
  }

  agents = {
    pubsub    = "serviceAccount:service-${data.google_project.own.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    functions = "serviceAccount:service-${data.google_project.own.number}@gcf-admin-robot.iam.gserviceaccount.com"
    run       = "serviceAccount:service-${data.google_project.own.number}@serverless-robot-prod.iam.gserviceaccount.com"
    artifacts = "serviceAccount:service-${data.google_project.own.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    secrets   = "serviceAccount:service-${data.google_project.own.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    firestore = "serviceAccount:service-${data.google_project.own.number}@gcp-sa-firestore.iam.gserviceaccount.com"
    storage   = "serviceAccount:service-${data.google_project.own.number}@gs-project-accounts.iam.gserviceaccount.com"
    bigquery  = "serviceAccount:bq-${data.google_project.own.number}@bigquery-encryption.iam.gserviceaccount.com"
  }
}

data "google_project" "own" {
  project_id = var.project
}

resource "google_service_account" "function" {
  for_each = local.functions

  project      = var.project
  account_id   = local.function_names[each.key]
  display_name = "Freio: ${each.key}"
  description  = "What the function ${each.key} runs as."

  depends_on = [google_project_service.own]
}

resource "google_service_account" "push" {
  project      = var.project
  account_id   = "freio-push"
  display_name = "Freio: Pub/Sub's pushes"
  description  = "What Pub/Sub signs its pushes as; it may invoke the functions behind subscriptions, and nothing else."

  depends_on = [google_project_service.own]
}

# Pub/Sub makes the tokens of that one account. Its agent's own role says as much for all accounts of the project, except
# in projects from before April 2021.
resource "google_service_account_iam_member" "signs_pushes" {
  service_account_id = local.accounts["push"]
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.agents.pubsub

  depends_on = [google_pubsub_topic.freio] # the agent comes with the first topic of a new project
}

resource "google_service_account" "build" {
  project      = var.project
  account_id   = "freio-build"
  display_name = "Freio: builds"
  description  = "What Cloud Build builds the functions as."

  depends_on = [google_project_service.own]
}

# actAs: who applies this module sets what a function runs as. Owners of the project hold it already; others get it on
# these accounts alone, and only where named.
resource "google_service_account_iam_member" "deployer" {
  for_each = {
    for pair in setproduct(var.access.deployers, concat(keys(local.functions), ["push", "build"])) :
    "${pair[0]} as ${pair[1]}" => { member = pair[0], account = pair[1] }
  }

  service_account_id = local.accounts[each.value.account]
  role               = "roles/iam.serviceAccountUser"
  member             = each.value.member
}

# Who may be the enforcer on a machine of their own, for `freio probe`. They then may do what it may, with no one asked,
# also what takes two people: so nobody does unless named, and many do only until a moment that is named too.
resource "google_service_account_iam_member" "prober" {
  for_each = { for who, end in var.access.probers : who => end == null ? [] : [end] }

  service_account_id = local.accounts["enforcer"]
  role               = google_project_iam_custom_role.impersonate.name
  member             = each.key

  dynamic "condition" {
    for_each = each.value
    content {
      title       = "freio-until"
      description = "Whoever is the enforcer passes by every approval: not for ever."
      expression  = "request.time < timestamp('${condition.value}')"
    }
  }
}

# Fewer than roles/iam.serviceAccountTokenCreator, which signs as the account too.
resource "google_project_iam_custom_role" "impersonate" {
  project     = var.project
  role_id     = "freioImpersonate"
  title       = "Freio: impersonate"
  description = "Get access tokens of a service account; granted on single accounts alone."
  permissions = ["iam.serviceAccounts.getAccessToken"]
}
