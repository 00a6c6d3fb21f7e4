# A separate identity for the powers that stop a whole project, or that Google grants on an organization alone: disabling a
# service, unlinking billing, deny policies, organization policies. The enforcer impersonates it for these levers and for
# nothing else, so each use stands in the audit log under its own name. Where no app's `levers` asks for one, it does not
# exist.

locals {
  has_hard_levers = length(setintersection(local.asked_levers, local.hard_levers)) > 0
  asks_models     = contains(local.asked_levers, "allowed_models")
  asks_deny       = contains(local.asked_levers, "iam_deny")
  hard_granted    = { for project, granted in local.granted : project => granted.hard if length(granted.hard) > 0 }
}

resource "google_service_account" "hard_levers" {
  count = local.has_hard_levers ? 1 : 0

  project      = var.project
  account_id   = "freio-hard-levers"
  display_name = "Freio: hard levers"
  description  = "Impersonated by the enforcer for ${join(", ", sort(setintersection(local.asked_levers, local.hard_levers)))}."

  depends_on = [google_project_service.own, terraform_data.freio_yaml]
}

resource "google_service_account_iam_member" "enforcer_as_hard_levers" {
  count = local.has_hard_levers ? 1 : 0

  service_account_id = "projects/${var.project}/serviceAccounts/${google_service_account.hard_levers[0].account_id}@${local.iam_domain}"
  role               = google_project_iam_custom_role.impersonate.name
  member             = local.members["enforcer"]
}

resource "google_project_iam_custom_role" "hard_levers" {
  for_each = local.hard_granted

  project     = each.key
  role_id     = "freioHardLevers"
  title       = "Freio: hard levers"
  description = "What freio-hard-levers sets here for ${local.client}'s apps; two people approve each use of what is hard."
  permissions = each.value

  depends_on = [terraform_data.lever_is_let_go, google_project_service.apps]
}

resource "google_project_iam_member" "hard_levers" {
  for_each = local.hard_granted

  project = each.key
  role    = google_project_iam_custom_role.hard_levers[each.key].name
  member  = "serviceAccount:${google_service_account.hard_levers[0].account_id}@${local.iam_domain}"
}

# orgpolicy.policy.set is in no custom role, and its one role is granted on no project: on the organization, then, kept to
# the apps' projects by a tag (client.tf refuses it without, unless organization.whole says so). On those projects it is
# every constraint all the same: no condition tells one from another.
resource "google_organization_iam_member" "policy_admin" {
  count = local.asks_models && var.organization.id != null ? 1 : 0

  org_id = var.organization.id
  role   = "roles/orgpolicy.policyAdmin"
  member = "serviceAccount:${google_service_account.hard_levers[0].account_id}@${local.iam_domain}"

  dynamic "condition" {
    for_each = var.organization.policy_condition == null ? [] : [var.organization.policy_condition]
    content {
      title       = "freio-apps"
      description = "The projects of Freio's apps alone."
      expression  = condition.value
    }
  }
}

# Deny policies: iam.denypolicies.* is in no custom role either. The watch reads what stands there (denyReviewer).
resource "google_folder_iam_member" "deny" {
  for_each = local.asks_deny && var.organization.deny_folder != null ? local.deny_roles : {}

  folder = "folders/${var.organization.deny_folder}"
  role   = each.value.role
  member = each.value.member
}

resource "google_organization_iam_member" "deny" {
  for_each = local.asks_deny && var.organization.deny_folder == null && var.organization.id != null ? local.deny_roles : {}

  org_id = var.organization.id
  role   = each.value.role
  member = each.value.member
}

locals {
  deny_roles = {
    "freio-hard-levers" = {
      role   = "roles/iam.denyAdmin"
      member = "serviceAccount:${join("", google_service_account.hard_levers[*].account_id)}@${local.iam_domain}"
    }
    "spend_watch" = {
      role   = "roles/iam.denyReviewer"
      member = local.members["spend_watch"]
    }
  }
}
