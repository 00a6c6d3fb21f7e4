# What each lever takes in an app's project, read off the calls in shared/freio/adapters/google. A test in
# tests/unit holds this against what the levers themselves ask for.
#
#   watch     spend_watch only looks whether a lever binds, and at what stands there.
#   enforcer  sets, reads back, restores.
#   hard      the same for the powers of freio-hard-levers, which the enforcer impersonates.
#
# Only what Google takes in custom roles stands here; the rest is in hard_levers.tf.

locals {
  lever_permissions = {
    # The proxy's own admin key; nothing of Google's.
    gateway = { watch = [], enforcer = [], hard = [] }

    quota = {
      watch = ["serviceusage.quotas.get"] # consumerQuotaMetrics.list
      enforcer = [
        "serviceusage.quotas.get",    # consumerQuotaMetrics.list: read back
        "serviceusage.quotas.update", # importConsumerOverrides, consumerOverrides.delete
        "serviceusage.operations.get",
        "cloudquotas.quotas.get",    # quotaInfos.list, quotaPreferences.list: what was asked of Google, and granted
        "cloudquotas.quotas.update", # quotaPreferences.create and .patch: a raise that a cost owner has approved
      ]
      hard = []
    }

    allowed_models = {
      watch    = ["orgpolicy.policy.get"] # policies.get, .getEffectivePolicy
      enforcer = []
      # orgpolicy.policy.get and .set come with roles/orgpolicy.policyAdmin. The probe counts which models are called.
      hard = ["monitoring.timeSeries.list"]
    }

    api_key = {
      watch = [
        "apikeys.keys.get",
        "serviceusage.services.list", # what a key without restrictions would be left with
      ]
      enforcer = [
        "apikeys.keys.get",
        "apikeys.keys.update",
        "serviceusage.operations.get",
        "serviceusage.services.list", # as the watch: its own look whether the lever binds
      ]
      hard = []
    }

    iam_deny = {
      # In the account's own project: its unique id, by which Monitoring knows it.
      watch    = ["iam.serviceAccounts.get"]
      enforcer = ["iam.serviceAccounts.get"]
      hard     = ["iam.serviceAccounts.get"]
    }

    disable_service = {
      watch    = ["serviceusage.services.get"]
      enforcer = []
      hard = [
        "serviceusage.services.get",
        "serviceusage.services.disable",
        "serviceusage.services.enable",
        "serviceusage.operations.get",
      ]
    }

    unlink_billing = {
      watch    = ["resourcemanager.projects.get"] # getBillingInfo
      enforcer = []
      # getBillingInfo and updateBillingInfo with no account; it can link none.
      hard = ["resourcemanager.projects.get", "resourcemanager.projects.deleteBillingAssignment"]
    }
  }

  # Whatever the levers are, in each project of an app.
  always = {
    watch = [
      "monitoring.timeSeries.list",   # tokens, quotas, invocations, refusals
      "resourcemanager.projects.get", # the project's number, by which Google's anomalies name it
    ]
    enforcer = ["monitoring.timeSeries.list"] # the proof
    hard     = []
  }

  # A drill whose file says `calls: true` asks the model that it has braked a few questions, as the enforcer.
  drill_permissions = { watch = [], enforcer = ["aiplatform.endpoints.predict"], hard = [] }
  asked_projects    = try(local.file.drill.calls, false) == true ? local.drilled_projects : []

  # Where an app is billed, and so measured and braked: what it matches, and what the variable projects says beside that.
  billed       = { for name, app in local.apps : name => distinct(concat(app.projects, lookup(var.projects, name, []))) }
  app_projects = toset(flatten(values(local.billed)))

  # Apps of which nobody has said where they are billed, nor that this is known.
  homeless = [for name, projects in local.billed : name if length(projects) == 0 && !contains(keys(var.projects), name)]

  # By app, the projects that its service accounts are of, where their address tells.
  homes = {
    for name, app in local.apps : name => distinct(flatten([
      for email in app.service_accounts : try(regex(local.account_form, email), [])
    ]))
  }
  account_form = "^[^@]+@([a-z0-9-]+)\\.iam\\.gserviceaccount\\.com$"

  # By project, the levers that apps in it name.
  project_levers = {
    for project in local.app_projects : project => distinct(flatten([
      for name, app in local.apps : app.levers if contains(local.billed[name], project)
    ]))
  }
  # Where the accounts are that iam_deny denies. One may be of a project that is no app's: nothing but its id is read
  # there. Of one whose address tells no project (Compute Engine's own), it is the app's.
  account_projects = toset(flatten([
    for name, app in local.apps : [
      for email in app.service_accounts : try(regex(local.account_form, email), local.billed[name])
    ] if contains(app.levers, "iam_deny")
  ]))

  # project => who => permissions, sorted.
  granted = {
    for project in setunion(local.app_projects, local.account_projects) : project => {
      for who in ["watch", "enforcer", "hard"] : who => sort(distinct(concat(
        contains(local.app_projects, project) ? local.always[who] : [],
        contains(local.asked_projects, project) ? local.drill_permissions[who] : [],
        flatten([
          for lever in try(local.project_levers[project], []) : local.lever_permissions[lever][who]
          if lever != "iam_deny" && contains(local.known_levers, lever)
        ]),
        contains(local.account_projects, project) ? local.lever_permissions.iam_deny[who] : [],
      )))
    }
  }
}

check "every_app_has_a_project" {
  assert {
    condition     = length(local.faults) > 0 || length(local.homeless) == 0
    error_message = "${join(", ", local.homeless)}: freio.yaml names no project in match.projects, so that Freio has no rights anywhere to measure or brake what the app spends. Say where it is billed, projects = { ${try(local.homeless[0], "")} = [\"acme-chat-prod\"] }, or projects = { ${try(local.homeless[0], "")} = [] } if that is known."
  }
}
