# The client's own file, read once. `freio check` says all that is wrong with it, with lines; here stands what a plan
# cannot do without, so that a bad file is refused with a sentence and not with a type error.

locals {
  file = try(yamldecode(file(var.config_file)), {})

  client          = try(tostring(local.file.client), "")
  currency        = try(tostring(local.file.currency), "")
  locale          = try(tostring(local.file.locale), "")
  time_zone       = try(tostring(local.file.time_zone), "")
  billing_account = try(tostring(local.file.billing.account), "")
  export          = try(tostring(local.file.billing.export), "")
  has_gateway     = can(local.file.gateway.url)
  drilled         = try(tostring(local.file.drill.app), "")

  billing_form = "^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$"
  project_form = "^([a-z0-9][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$"
  robot_form   = "^[a-z0-9][a-z0-9-]*@([a-z0-9][a-z0-9.-]*\\.)?gserviceaccount\\.com$"
  export_form  = "^([a-z0-9.:-]+)\\.([A-Za-z0-9_]+)\\.([A-Za-z0-9_-]+)$"

  # project, dataset, table of the billing export.
  export_parts = try(regex(local.export_form, local.export), ["", "", ""])

  # In the file's order: the first app that matches has the spend.
  listed = [
    for app in try([for one in local.file.apps : one], []) : {
      name             = try(tostring(app.name), "")
      projects         = try([for one in app.match.projects : tostring(one)], [])
      labels           = try({ for key, value in app.match.labels : key => tostring(value) }, {})
      service_accounts = try([for one in app.match.service_accounts : tostring(one)], [])
      api_keys         = try([for one in app.match.api_keys : tostring(one)], [])
      models           = try([for one in app.match.models : tostring(one)], [])
      levers           = try([for one in app.levers : tostring(one)], ["quota"])
      monthly          = try(tonumber(app.budget.monthly), null)
      account          = try(tostring(app.budget.account), local.billing_account)
      has_budget       = can(app.budget)
      asks_for_cap     = can(app.budget.spend_cap)
      # What stands where a list or a mapping may, and would be taken for nothing.
      no_lists = [for key, value in {
        "levers"                 = try(app.levers, [])
        "match.projects"         = try(app.match.projects, [])
        "match.service_accounts" = try(app.match.service_accounts, [])
        "match.api_keys"         = try(app.match.api_keys, [])
        "match.models"           = try(app.match.models, [])
      } : key if !can([for one in value : tostring(one)]) || can(keys(value))]
      no_mapping = can(app.match.labels) && !can(keys(app.match.labels))
    }
  ]
  app_names = [for app in local.listed : app.name]
  apps      = { for name, same in { for app in local.listed : app.name => app... } : name => same[0] }

  known_levers = ["gateway", "quota", "allowed_models", "api_key", "iam_deny", "disable_service", "unlink_billing"]
  # The powers that do not belong to the enforcer itself: see hard_levers.tf.
  hard_levers = ["allowed_models", "iam_deny", "disable_service", "unlink_billing"]

  asked_levers = distinct(flatten([for app in local.listed : app.levers]))

  faults = concat(
    [for key, value in {
      "client"          = local.client, "currency" = local.currency, "locale" = local.locale, "time_zone" = local.time_zone
      "billing.account" = local.billing_account, "billing.export" = local.export
    } : "${key}: is missing" if value == ""],
    local.billing_account == "" || can(regex(local.billing_form, local.billing_account)) ? [] : [
      "billing.account: '${local.billing_account}' is not a billing account; may be three groups of six digits or letters A to F, such as 01D4EE-079462-DFD6EC"
    ],
    local.export == "" || can(regex(local.export_form, local.export)) ? [] : [
      "billing.export: '${local.export}' is not a table; may be project.dataset.table"
    ],
    local.currency == "" || can(regex("^[A-Z]{3}$", local.currency)) ? [] : [
      "currency: '${local.currency}' is not a currency; may be three capital letters, such as EUR"
    ],
    length(local.listed) > 0 ? [] : ["apps: names no app; may be a list with at least one"],
    [for number, app in local.listed : "apps[${number}].name: is missing" if app.name == ""],
    [for name in distinct(local.app_names) : "apps: '${name}' is the name of ${length([for one in local.app_names : one if one == name])} apps; may be of one alone"
    if name != "" && length([for one in local.app_names : one if one == name]) > 1],
    flatten([for app in local.listed : [for key in app.no_lists : "${app.name}.${key}: is no list; may be such as ${key == "levers" ? "[quota]" : "[…]"}"]]),
    [for app in local.listed : "${app.name}.levers: is empty; may have at least one of ${join(", ", local.known_levers)}" if length(app.levers) == 0],
    [for app in local.listed : "${app.name}.match.labels: is no mapping; may be such as {app: ${app.name}}" if app.no_mapping],
    flatten([for app in local.listed : [
      for project in app.projects : "${app.name}.match.projects: '${project}' is not a project id; may be such as acme-chat-prod" if !can(regex(local.project_form, project))
    ]]),
    flatten([for app in local.listed : [
      for email in app.service_accounts : "${app.name}.match.service_accounts: '${email}' is not a service account; may be such as chat@acme-chat-prod.iam.gserviceaccount.com" if !can(regex(local.robot_form, email))
    ]]),
    [for app in local.listed : "apps: '${app.name}' has ${length(app.name)} characters, and is what Cloud Billing's budget is called; may have 60 at most"
    if app.has_budget && var.budgets.create && length(app.name) > 60],
    flatten([for app in local.listed : [
      for lever in app.levers : "${app.name}.levers: '${lever}' is not a lever; may be ${join(", ", local.known_levers)}" if !contains(local.known_levers, lever)
    ]]),
    [for app in local.listed : "${app.name}.match: says nothing; may be a mapping with at least one of projects, labels, service_accounts, api_keys, models"
    if length(concat(app.projects, keys(app.labels), app.service_accounts, app.api_keys, app.models)) == 0],
    [for app in local.listed : "${app.name}.budget.monthly: is missing or no amount; may be such as 40000.00"
    if app.has_budget && try(app.monthly > 0, false) == false],
    [for app in local.listed : "${app.name}.budget.account: '${app.account}' is not a billing account; may be such as 01D4EE-079462-DFD6EC"
    if app.account != local.billing_account && !can(regex(local.billing_form, app.account))],
    # google 6.50's google_billing_budget has no spend cap, and a budget without one is not what was asked for.
    [for app in local.listed : "${app.name}.budget.spend_cap: Terraform's google provider cannot set Google's own spend caps (6.50 has no such argument); set it under Billing > Budgets & alerts and leave the key out: Freio reads it every hour"
    if app.asks_for_cap],
    local.drilled == "" || contains(local.app_names, local.drilled) ? [] : [
      "drill.app: '${local.drilled}' is no app of this file; may be ${join(", ", local.app_names)}"
    ],
    contains(local.asked_levers, "gateway") && !local.has_gateway ? [
      "levers: gateway is named, and the file says no gateway; may stand beside gateway: {url: https://…}"
    ] : [],
    contains(local.asked_levers, "allowed_models") && var.organization.id == null ? [
      "levers: allowed_models needs organization = {id = …}: Google grants roles/orgpolicy.policyAdmin on an organization alone, and orgpolicy.policy.set in no custom role"
    ] : [],
    contains(local.asked_levers, "allowed_models") && var.organization.id != null && var.organization.policy_condition == null && !var.organization.whole ? [
      "levers: allowed_models would give freio-hard-levers roles/orgpolicy.policyAdmin on the whole organization ${var.organization.id}: every constraint of every project, also iam.disableServiceAccountKeyCreation; tag the apps' projects and say organization.policy_condition = \"resource.matchTag('${var.organization.id}/freio', 'braked')\", leave allowed_models out, or say organization.whole = true if the whole is meant"
    ] : [],
    contains(local.asked_levers, "iam_deny") && var.organization.id == null && var.organization.deny_folder == null ? [
      "levers: iam_deny needs organization = {deny_folder = …} or {id = …}: Google grants roles/iam.denyAdmin there alone, and its permissions in no custom role"
    ] : [],
    anytrue([for app in local.listed : length(setintersection(app.levers, ["disable_service", "unlink_billing"])) > 0 && contains(concat(app.projects, lookup(var.projects, app.name, [])), var.project)]) ? [
      "levers: disable_service and unlink_billing are an app's in ${var.project}, which Freio itself runs in; give Freio a project of its own, or leave them out"
    ] : [],
  )
}

# Refuses a bad file before anything is made. All faults at once, as `freio check` does.
resource "terraform_data" "freio_yaml" {
  input = { client = local.client, apps = local.app_names }

  lifecycle {
    precondition {
      condition     = length(local.faults) == 0
      error_message = "${var.config_file} cannot be deployed:\n${join("\n", [for fault in local.faults : "- ${fault}"])}\n`freio check ${var.config_file}` says more, with lines."
    }
  }
}
