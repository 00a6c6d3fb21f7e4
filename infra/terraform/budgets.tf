# One Cloud Billing budget for each app that has one in the file, named freio-<app>, or <app> where that is more than the 60
# characters that Google takes: Freio knows whose a message is by that.
#
# A budget's filter knows projects, services and one label, and no models, accounts or keys. Where an app's match says more
# than that, or an app before it takes a part of the same projects, the budget watches the projects as a whole, against
# the sum of the budgets of all apps in them; the output `budgets` and a warning in the plan say so. Messages then speak
# of the projects' spend, and the watch's own estimate of the app's.

locals {
  places = { for number, app in local.listed : app.name => number... }

  # Apps before this one that may take spend which its own match meets: they share a project, and no label tells them
  # apart. What no billing row shows (accounts, keys) takes nothing there.
  rivals = {
    for name, app in local.apps : name => [
      for before in slice(local.listed, 0, local.places[name][0]) : before.name if alltrue([
        length(concat(app.projects, keys(app.labels))) > 0,
        length(concat(before.projects, keys(before.labels), before.models)) > 0,
        min(length(app.projects), length(before.projects)) == 0 || length(setintersection(app.projects, before.projects)) > 0,
        alltrue([for key, value in app.labels : try(before.labels[key], value) == value]),
      ])
    ]
  }

  watched = {
    for name, app in local.apps : name => {
      monthly  = app.monthly
      account  = app.account
      projects = length(app.projects) > 0 ? app.projects : local.homes[name]
      label    = { for key in slice(sort(keys(app.labels)), 0, min(1, length(app.labels))) : key => app.labels[key] }
      # Why the filter says less than the match does; empty: it says the same.
      because = compact([
        length(app.labels) > 1 ? "a filter knows one label, and it has ${length(app.labels)}" : "",
        length(app.models) > 0 ? "a filter knows no models" : "",
        length(concat(app.projects, keys(app.labels))) == 0 ? "a filter knows no service accounts and no API keys" : "",
        length(local.rivals[name]) > 0 ? "${join(", ", local.rivals[name])} before it may take a part" : "",
      ])
    }
  }

  # Apps that spend in any of these projects, with a budget of their own.
  sharing = {
    for name, app in local.watched : name => [
      for other, its in local.watched : other
      if length(setintersection(app.projects, its.projects)) > 0 && its.monthly != null
    ]
  }

  # Whether whole projects are watched, since the filter cannot tell the app from others in them. Of an app without
  # projects, it is all of its one label.
  is_whole = { for name, app in local.watched : name => length(app.because) > 0 && length(app.projects) > 0 }

  budgets = {
    for name, app in local.watched : name => {
      account  = app.account
      projects = app.projects
      label    = { for key, value in app.label : key => value if !local.is_whole[name] }
      amount   = local.is_whole[name] ? sum([for other in local.sharing[name] : local.watched[other].monthly]) : app.monthly
    } if app.monthly != null && length(app.projects) + length(app.label) > 0
  }

  budget_kind = {
    for name, app in local.watched : name => try([
      for kind, holds in {
        "1 none"      = app.monthly == null
        "2 elsewhere" = !var.budgets.create
        "3 unfit"     = !contains(keys(local.budgets), name)
        "4 project"   = local.is_whole[name]
        "5 app"       = true
      } : kind if holds
    ][0], "")
  }
  budget_filter = {
    for name, budget in local.budgets : name => join(", ", concat(
      [for project in budget.projects : "project ${project}"], [for key, value in budget.label : "label ${key}=${value}"]
    ))
  }
  budget_words = {
    for name, app in local.watched : name => {
      "1 none"      = "no budget: freio.yaml names none"
      "2 elsewhere" = "made elsewhere, under the name freio-${name}, ${name}, or one in budget.names"
      "3 unfit"     = "no budget: ${join("; ", app.because)}"
      "4 project"   = "by project: ${try("${local.budget_filter[name]} as a whole, against ${local.budgets[name].amount}", "")} ${local.currency}, the sum for ${join(", ", local.sharing[name])}; ${join("; ", app.because)}"
      "5 app"       = "by app: ${try("${local.budget_filter[name]}, against ${local.budgets[name].amount}", "")} ${local.currency}${join("", [for why in app.because : "; ${why}"])}"
    }[local.budget_kind[name]]
  }
}

# Budgets know projects by their numbers.
data "google_project" "app" {
  for_each = toset(var.budgets.create ? flatten([for budget in values(local.budgets) : budget.projects]) : [])

  project_id = each.key
}

resource "google_billing_budget" "app" {
  for_each = var.budgets.create ? local.budgets : {}

  billing_account = each.value.account
  display_name    = length("freio-${each.key}") <= 60 ? "freio-${each.key}" : each.key

  budget_filter {
    projects               = [for project in each.value.projects : "projects/${data.google_project.app[project].number}"]
    services               = [for id in var.budgets.services : "services/${id}"]
    labels                 = length(each.value.label) == 0 ? null : each.value.label
    calendar_period        = "MONTH"
    credit_types_treatment = "INCLUDE_ALL_CREDITS" # net, as Freio counts
  }

  amount {
    specified_amount {
      currency_code = local.currency
      units         = format("%d", floor(each.value.amount))
      nanos         = floor((each.value.amount - floor(each.value.amount)) * 1000000000 + 0.5)
    }
  }

  dynamic "threshold_rules" {
    for_each = var.budgets.spent
    content {
      threshold_percent = threshold_rules.value
      spend_basis       = "CURRENT_SPEND"
    }
  }
  dynamic "threshold_rules" {
    for_each = var.budgets.forecast
    content {
      threshold_percent = threshold_rules.value
      spend_basis       = "FORECASTED_SPEND"
    }
  }

  all_updates_rule {
    pubsub_topic   = google_pubsub_topic.freio["freio-budgets"].id
    schema_version = "1.0"
    # Freio asks the right person in Slack; billing administrators are not mailed beside it.
    disable_default_iam_recipients = true
  }

  depends_on = [google_pubsub_topic_iam_member.budgets, terraform_data.freio_yaml]
}

# Apps whose budget says less than the app's own, and of which nobody has said that this is known.
locals {
  imprecise = [
    for name, app in local.watched : name
    if var.budgets.create && !contains(var.budgets.accepted, name) && (!contains(keys(local.budgets), name) || length(app.because) > 0)
  ]
}

check "every_app_is_under_a_budget_of_its_own" {
  assert {
    condition     = length(local.faults) > 0 || length(local.imprecise) == 0
    error_message = "${join("\n", [for name in local.imprecise : "${name}: ${local.budget_words[name]}."])}\nbudgets.accepted = ${jsonencode(local.imprecise)} says that this is known."
  }
}

check "budgets_count_what_the_apps_call" {
  assert {
    condition = length(setsubtract(var.budgets.services, ["C7E2-9256-1C43", "AEFD-7695-64FA"])) > 0 || !anytrue(flatten([
      for app in local.listed : [for model in app.models : strcontains(lower(model), "claude")]
    ]))
    error_message = "budgets.services names Vertex AI and the Gemini API alone, and apps match Claude models, each of which is a service of its own: their cost counts in no budget until its id is added."
  }
}
