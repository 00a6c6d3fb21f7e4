# APIs: what Freio itself runs on, and what it calls. Google counts a call to the caller's project, so those of the levers
# are enabled in Freio's; in the apps' projects, what has to be there for a lever to have something to act on.

locals {
  own_apis = [
    "apikeys.googleapis.com", "artifactregistry.googleapis.com", "bigquery.googleapis.com", "billingbudgets.googleapis.com",
    "cloudbilling.googleapis.com", "cloudbuild.googleapis.com", "cloudfunctions.googleapis.com", "cloudquotas.googleapis.com",
    "cloudresourcemanager.googleapis.com", "cloudscheduler.googleapis.com", "firestore.googleapis.com", "iam.googleapis.com",
    "iamcredentials.googleapis.com", "logging.googleapis.com", "monitoring.googleapis.com", "orgpolicy.googleapis.com",
    "pubsub.googleapis.com", "run.googleapis.com", "secretmanager.googleapis.com", "serviceusage.googleapis.com",
    "storage.googleapis.com",
  ]

  # A project in which nobody has called a model before, as the drill's app has one, knows no quota of it. Freio's own has to
  # have the API where the drill asks the model: the enforcer's calls count there.
  model_api        = "aiplatform.googleapis.com"
  drilled_projects = local.drilled == "" ? [] : try(local.billed[local.drilled], [])
  drill_apis       = length(local.asked_projects) > 0 || contains(local.drilled_projects, var.project) ? [local.model_api] : []

  lever_apis = {
    gateway         = []
    quota           = ["serviceusage.googleapis.com", "cloudquotas.googleapis.com"]
    allowed_models  = ["orgpolicy.googleapis.com"]
    api_key         = ["apikeys.googleapis.com"]
    iam_deny        = ["iam.googleapis.com"]
    disable_service = ["serviceusage.googleapis.com"]
    unlink_billing  = ["cloudbilling.googleapis.com"]
  }

  # No project twice: its own APIs already hold those.
  app_apis = {
    for pair in flatten([
      for project, levers in local.project_levers : [
        for api in distinct(concat(
          ["monitoring.googleapis.com"],
          contains(local.drilled_projects, project) ? [local.model_api] : [],
          flatten([for lever in levers : try(local.lever_apis[lever], [])]),
        )) :
        { project = project, api = api }
      ] if project != var.project
    ]) : "${pair.project} ${pair.api}" => pair
  }
}

resource "google_project_service" "own" {
  for_each = toset(var.enable_apis ? concat(local.own_apis, local.drill_apis) : [])

  project            = var.project
  service            = each.key
  disable_on_destroy = false
}

resource "google_project_service" "apps" {
  for_each = var.enable_apis ? local.app_apis : {}

  project            = each.value.project
  service            = each.value.api
  disable_on_destroy = false
}
