# What a deployment is told beside the client's own file; everything about apps stands in that file alone.

variable "project" {
  description = "Id of the project that Freio runs in: its own, with nothing else in it, so that its bill and its rights are its own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project: '${var.project}' is not a project id; may be 6 to 30 lowercase letters, digits and -, such as acme-freio."
  }
}

variable "config_file" {
  description = "Path of the client's freio.yaml, which `freio check` accepts."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.config_file)
    error_message = "config_file: there is no file ${var.config_file}; may be the path of the client's freio.yaml, such as $${path.module}/freio.yaml."
  }
  validation {
    condition     = !fileexists(var.config_file) || can(yamldecode(file(var.config_file)))
    error_message = "config_file: ${var.config_file} is not YAML; `freio check ${var.config_file}` says in which line."
  }
}

variable "bundles" {
  description = "Folder of the functions' archives; empty: dist/ of this repository, which `make bundle` fills."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(local.functions) : fileexists("${coalesce(var.bundles, "${path.module}/../../dist")}/${name}.zip")])
    error_message = "bundles: ${coalesce(var.bundles, "${path.module}/../../dist")} lacks ${join(", ", [for name in keys(local.functions) : "${name}.zip" if !fileexists("${coalesce(var.bundles, "${path.module}/../../dist")}/${name}.zip")])}; `make bundle` builds them."
  }
}

variable "location" {
  description = <<-EOT
    Where Freio runs.
      region     of the functions, the queue's messages, the secrets and the images.
      firestore  of the state, which can never be moved; default: the region.
    BigQuery goes where the billing export is.
  EOT
  type = object({
    region    = string
    firestore = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location.region))
    error_message = "location.region: '${var.location.region}' is not a region; may be one that Cloud Run has, such as southamerica-east1."
  }
}

variable "alerts" {
  description = <<-EOT
    Who is told when Freio itself is in trouble, by a way that is not Slack.
      channels  names of Cloud Monitoring notification channels that exist (projects/P/notificationChannels/N).
      emails    addresses, 5 at most; a channel is made for each. Google mails budgets to these alone.
    Both together are 16 at most.
  EOT
  type = object({
    channels = optional(list(string), [])
    emails   = optional(list(string), [])
  })
  nullable = false

  validation {
    condition     = length(var.alerts.channels) + length(var.alerts.emails) > 0
    error_message = "alerts: names nobody; may have emails = [\"oncall@acme.example\"], or channels that exist: a brake that is stuck must wake somebody."
  }
  validation {
    condition     = alltrue([for one in var.alerts.channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", one))])
    error_message = "alerts.channels: ${join(", ", var.alerts.channels)}; each may be projects/P/notificationChannels/N, as `gcloud beta monitoring channels list` shows it."
  }
  validation {
    condition     = alltrue([for one in var.alerts.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", one))])
    error_message = "alerts.emails: ${join(", ", var.alerts.emails)}; each may be an address, such as oncall@acme.example: a message to none is one to nobody."
  }
  validation {
    condition     = length(var.alerts.emails) <= 5
    error_message = "alerts.emails: ${length(var.alerts.emails)} addresses; may be 5 at most, which is all that one of Google's budgets mails to: use a list's address."
  }
  validation {
    condition     = length(var.alerts.emails) + length(var.alerts.channels) <= 16
    error_message = "alerts: ${length(var.alerts.channels)} channels and ${length(var.alerts.emails)} emails; may be 16 together at most, which is all that one of Google's alerting policies tells: use a list's address."
  }
}

variable "own_budget" {
  description = <<-EOT
    What Freio itself may cost in a month, in the currency of the account that pays for its project; `freio cost` computes it.
      account  the billing account that pays; default: billing.account of the client's file.
  EOT
  type = object({
    monthly = number
    account = optional(string)
  })
  nullable = false

  validation {
    condition     = var.own_budget.monthly > 0
    error_message = "own_budget.monthly: ${var.own_budget.monthly}; may be an amount above 0, about twice what `freio cost` says."
  }
}

variable "projects" {
  description = <<-EOT
    By app, the projects in which it is billed, beside match.projects: for an app that is told by its labels, service
    accounts or API keys alone. Freio gets its rights there, and enables the APIs; what matches stays as freio.yaml says. An
    empty list says that it is known that the app has none, and that Freio neither measures nor brakes it.
  EOT
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.projects), local.app_names)) == 0
    error_message = "projects: ${join(", ", setsubtract(keys(var.projects), local.app_names))}; each may be an app of ${var.config_file}: ${join(", ", local.app_names)}."
  }
  validation {
    condition     = alltrue([for project in flatten(values(var.projects)) : can(regex(local.project_form, project))])
    error_message = "projects: ${join(", ", [for project in flatten(values(var.projects)) : project if !can(regex(local.project_form, project))])}; each may be a project's id, such as acme-chat-prod."
  }
}

variable "budgets" {
  description = <<-EOT
    The Cloud Billing budgets of the client's apps.
      create    false where a central team makes them; they are then called freio-<app>, or as budget.names says.
      services  ids of the services whose cost counts. Vertex AI and the Gemini API; each Claude model is a service of its
                own, with an id of its own (`gcloud billing` does not list them: the export's service.id does).
      spent     shares of the budget at which a message says that they are spent.
      forecast  shares at which a message says that the month will end there.
      accepted  names of apps that are known to be watched by their projects alone, or by no budget: no warning about them.
  EOT
  type = object({
    create   = optional(bool, true)
    services = optional(list(string), ["C7E2-9256-1C43", "AEFD-7695-64FA"])
    spent    = optional(list(number), [0.5, 0.75, 0.9, 1, 1.2])
    forecast = optional(list(number), [1])
    accepted = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for id in var.budgets.services : can(regex("^[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$", id))])
    error_message = "budgets.services: ${join(", ", var.budgets.services)}; each may be a service's id in three groups of four, such as C7E2-9256-1C43."
  }
  validation {
    condition     = alltrue([for share in concat(var.budgets.spent, var.budgets.forecast) : share > 0 && share <= 10])
    error_message = "budgets: spent ${jsonencode(var.budgets.spent)}, forecast ${jsonencode(var.budgets.forecast)}; each may be a share above 0, such as 0.9 for 90 %."
  }
  validation {
    condition     = contains(var.budgets.spent, 1)
    error_message = "budgets.spent: ${jsonencode(var.budgets.spent)} lacks 1: what is critical is that the whole budget is spent."
  }
}

variable "organization" {
  description = <<-EOT
    Where Google grants what it grants on no project. Needed only where an app's levers ask for it:
      id                id of the organization, digits: allowed_models, and iam_deny unless a folder is named.
      billing_role      spend_watch gets two permissions on the billing account, by a custom role of the organization, and not
                        roles/billing.viewer. Where id is named; false if the account is another organization's (a
                        reseller's), or whoever applies may make no role there (roles/iam.organizationRoleAdmin).
      deny_folder       id of the folder above all the apps' projects, digits: iam_deny then reaches no further. Under it (or
                        in the whole organization, without one) roles/iam.denyAdmin may also change and delete deny policies
                        that others have made, not Freio's alone.
      policy_condition  CEL expression that keeps roles/orgpolicy.policyAdmin to the apps' projects, by a tag on them:
                        resource.matchTag('123456789012/freio', 'braked'). Google takes no other condition there. On the
                        projects with the tag it is still every constraint, not vertexai.allowedModels alone.
      whole             true, instead of policy_condition: the enforcer may rewrite every constraint of the whole
                        organization, also iam.disableServiceAccountKeyCreation.
  EOT
  type = object({
    id               = optional(string)
    deny_folder      = optional(string)
    policy_condition = optional(string)
    whole            = optional(bool, false)
    billing_role     = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for id in [var.organization.id, var.organization.deny_folder] : id == null || can(regex("^[0-9]+$", id))])
    error_message = "organization: id ${coalesce(var.organization.id, "none")}, deny_folder ${coalesce(var.organization.deny_folder, "none")}; each may be digits alone, such as 123456789012."
  }
  validation {
    condition     = !var.organization.whole || var.organization.policy_condition == null
    error_message = "organization: says whole, and policy_condition ${coalesce(var.organization.policy_condition, "none")}; may be one of them: roles/orgpolicy.policyAdmin on the whole organization, or kept to the projects with a tag."
  }
}

variable "access" {
  description = <<-EOT
    What people get, as IAM principals (group:platform@acme.example). Nobody gets anything unless named here.
      deployers  may act as Freio's service accounts: who applies this module without being owner of the project. Whoever
                 may also change a function (roles/cloudfunctions.developer) runs what they like as the enforcer, and so may
                 brake as probers may. A list has no ends: one person or account each, no group.
      probers    may be the enforcer (and, through it, the identity of the hard levers): for `freio probe`, `freio quotas`,
                 `freio drill` and `freio release`. Whoever may do this may brake and let go of everything, unasked, also
                 what takes two people, and may read the gateway's admin key, which outlives the grant. By principal, until
                 when, in RFC 3339 (2027-01-31T18:00:00-03:00); null: without an end, for one person or account alone.
      readers    may read Freio's BigQuery dataset: spend by hour, and the journal.
  EOT
  type = object({
    deployers = optional(list(string), [])
    probers   = optional(map(string), {})
    readers   = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for one in flatten([var.access.deployers, keys(var.access.probers), var.access.readers]) :
      can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+$", one))
    ])
    error_message = "access: ${join(", ", flatten([var.access.deployers, keys(var.access.probers), var.access.readers]))}; each may be an IAM principal, such as group:platform@acme.example; never allUsers."
  }
  validation {
    condition     = alltrue([for end in values(var.access.probers) : end == null || can(timecmp(end, end))])
    error_message = "access.probers: ${join(", ", [for who, end in var.access.probers : "${who} until '${end}'" if end != null && !can(timecmp(end, end))])}; may be a moment in RFC 3339, such as 2027-01-31T18:00:00-03:00, or null for no end."
  }
  validation {
    condition     = alltrue([for who in concat(var.access.deployers, keys(var.access.probers)) : !startswith(who, "domain:")])
    error_message = "access: ${join(", ", [for who in concat(var.access.deployers, keys(var.access.probers)) : who if startswith(who, "domain:")])} may deploy or be the enforcer; may be people, groups and accounts that are named: not everybody of a domain."
  }
  validation {
    condition     = alltrue([for who in var.access.deployers : can(regex("^(user|serviceAccount|principal):", who))])
    error_message = "access.deployers: ${join(", ", [for who in var.access.deployers : who if !can(regex("^(user|serviceAccount|principal):", who))])}; each may be one person or account (serviceAccount:terraform@acme-pipelines.iam.gserviceaccount.com), for a list has no end to say: who deploys code as the enforcer may brake and let go of everything, unasked, also what takes two people."
  }
  validation {
    condition     = alltrue([for who, end in var.access.probers : end != null || can(regex("^(user|serviceAccount|principal):", who))])
    error_message = "access.probers: ${join(", ", [for who, end in var.access.probers : who if end == null && !can(regex("^(user|serviceAccount|principal):", who))])} without an end; many people may have an end, such as 2027-01-31T18:00:00-03:00, or name one (user:ana@acme.example): each may brake and let go of everything, unasked, also what takes two people."
  }
}

variable "network" {
  description = <<-EOT
    Central network rules.
      pushed_ingress  of the functions that Pub/Sub pushes to; its pushes to Cloud Run count as internal.
      inbox_ingress   of slack_inbox, which Slack must reach: ALLOW_ALL, or ALLOW_INTERNAL_AND_GCLB behind a load balancer.
      inbox_url       the address that Slack is given, where a load balancer stands before slack_inbox.
      vpc_connector   projects/P/locations/R/connectors/C, through which the functions call out.
      egress          what goes through it: ALL_TRAFFIC or PRIVATE_RANGES_ONLY. With ALL_TRAFFIC the network must let out to
                      Google's APIs, slack.com and the pager's address.
  EOT
  type = object({
    pushed_ingress = optional(string, "ALLOW_INTERNAL_ONLY")
    inbox_ingress  = optional(string, "ALLOW_ALL")
    inbox_url      = optional(string)
    vpc_connector  = optional(string)
    egress         = optional(string, "PRIVATE_RANGES_ONLY")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB", "ALLOW_ALL"], var.network.pushed_ingress)
    error_message = "network.pushed_ingress: '${var.network.pushed_ingress}'; may be ALLOW_INTERNAL_ONLY, ALLOW_INTERNAL_AND_GCLB or ALLOW_ALL."
  }
  validation {
    condition     = contains(["ALLOW_INTERNAL_AND_GCLB", "ALLOW_ALL"], var.network.inbox_ingress)
    error_message = "network.inbox_ingress: '${var.network.inbox_ingress}'; may be ALLOW_ALL, or ALLOW_INTERNAL_AND_GCLB behind a load balancer: Slack must reach it."
  }
  validation {
    condition     = var.network.inbox_ingress == "ALLOW_ALL" || var.network.inbox_url != null
    error_message = "network.inbox_url: is missing; behind a load balancer it may be that one's https address, which Slack is given."
  }
  validation {
    condition     = contains(["ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"], var.network.egress)
    error_message = "network.egress: '${var.network.egress}'; may be ALL_TRAFFIC or PRIVATE_RANGES_ONLY."
  }
}

variable "kms" {
  description = <<-EOT
    Keys of the client's own (CMEK); none: Google's.
      key            for everything in the region; projects/P/locations/REGION/keyRings/R/cryptoKeys/K.
      warehouse_key  for BigQuery, in the location of the billing export.
      grant          true: this module lets Google's service agents use them. They must exist already, as "The client's own
                     keys" in README.md says. Who keeps the keys can also do it, by the output kms_members, before the apply.
  EOT
  type = object({
    key           = optional(string)
    warehouse_key = optional(string)
    grant         = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.kms.key == null || can(regex("^projects/[^/]+/locations/${var.location.region}/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms.key))
    error_message = "kms.key: ${coalesce(var.kms.key, "none")}; may be a key in the functions' region: projects/P/locations/${var.location.region}/keyRings/R/cryptoKeys/K."
  }
  validation {
    condition     = var.kms.key == null || coalesce(var.location.firestore, var.location.region) == var.location.region
    error_message = "kms.key: is in ${var.location.region}, and location.firestore is ${coalesce(var.location.firestore, "none")}; a database may have a key of its own place alone: leave location.firestore out."
  }
}

variable "sizes" {
  description = "By function (spend_watch), what it gets instead of what stands in functions.tf; `freio cost` reckons with that."
  type = map(object({
    cpu           = optional(string)
    memory        = optional(string)
    max_instances = optional(number)
    timeout       = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.sizes) : contains(["slack_inbox", "budget_alert", "spend_watch", "enforcer"], name)])
    error_message = "sizes: ${join(", ", keys(var.sizes))}; each may be slack_inbox, budget_alert, spend_watch or enforcer."
  }
  validation {
    condition = alltrue([
      for name, size in var.sizes : size.cpu == null ? true : try(tonumber(size.cpu) >= 1 || local.functions[name].size.concurrency == 1, false)
    ])
    error_message = "sizes: ${jsonencode({ for name, size in var.sizes : name => size.cpu if size.cpu != null })}; a cpu may be a number such as \"2\", and under 1 for what serves one request at a time alone: spend_watch."
  }
  validation {
    condition     = alltrue([for size in values(var.sizes) : size.timeout == null ? true : size.timeout >= 30 && size.timeout <= 590])
    error_message = "sizes: a timeout may be 30 to 590 seconds: Pub/Sub waits for an answer 600 at most."
  }
}

variable "secrets_ready" {
  description = <<-EOT
    Whether the secrets have been put in. false for the first apply alone, which makes everything but the functions, what
    calls them and the alerts on their silence: then put the secrets in, as the output secrets says, and apply again
    without it. Said later, it takes the functions away with what waits in their subscriptions; refused while a brake is
    held.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "secret_versions" {
  description = "By secret, the version that the functions read. A number makes a rotation an apply; latest is read when an instance starts."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, version in var.secret_versions : contains(["slack-bot-token", "slack-signing-secret", "gateway-key", "gateway-viewer-key"], name) && can(regex("^([0-9]+|latest)$", version))])
    error_message = "secret_versions: ${jsonencode(var.secret_versions)}; may have slack-bot-token, slack-signing-secret, gateway-key and gateway-viewer-key, each a number or latest."
  }
}

variable "runtime" {
  description = "Of the functions; the locked requirements fit Python 3.11 to 3.14."
  type        = string
  default     = "python312"
  nullable    = false

  validation {
    condition     = contains(["python311", "python312", "python313", "python314"], var.runtime)
    error_message = "runtime: '${var.runtime}'; may be python311, python312, python313 or python314."
  }
}

variable "drill_schedule" {
  description = "When the monthly fire drill is, in the client's time zone, where the file has one."
  type        = string
  default     = "0 10 1 * *"
  nullable    = false
}

variable "labels" {
  description = "Labels on everything that takes some."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.labels :
      can(regex("^[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}$", key)) && can(regex("^[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}$", value))
    ])
    error_message = "labels: ${jsonencode(var.labels)}; each may have 63 characters at most, letters without capitals, digits, - and _, a letter first in the key."
  }
  validation {
    condition     = !contains(keys(var.labels), "freio") && length(var.labels) <= 60
    error_message = "labels: ${join(", ", keys(var.labels))}; may be any but freio, by which Freio's own cost is told, and 60 at most."
  }
}

variable "enable_apis" {
  description = "Whether the APIs that Freio needs are enabled here: in its own project, and those of the levers in the apps'. None is ever disabled."
  type        = bool
  default     = true
  nullable    = false
}

variable "protect" {
  description = "Whether the state, the journal and the rollup withstand a destroy. Off only to take Freio away, after `freio release --all`."
  type        = bool
  default     = true
  nullable    = false
}
