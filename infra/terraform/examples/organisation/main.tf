# An organisation: Freio in a project of its own, beside the apps' folder. Calls go out through the central network, and
# come in through its load balancer (front.tf) alone; what is stored is encrypted with the organisation's own keys.

terraform {
  required_version = ">= 1.11, < 2"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 9"
    }
  }
}

variable "project" {
  description = "Freio's own project."
  type        = string
  default     = "acme-freio"
  nullable    = false
}

variable "region" {
  description = "Where Freio runs; the connector and the key are there."
  type        = string
  default     = "southamerica-east1"
  nullable    = false
}

variable "organization" {
  description = "The organization's id, the folder above all the apps' projects, and the tag that those projects carry."
  type        = object({ id = string, apps_folder = string, tag = string })
  default     = { id = "123456789012", apps_folder = "345678901234", tag = "123456789012/freio" }
  nullable    = false
}

variable "network" {
  description = "Of the network team: the connector that calls go out through (see network below), and the name that Slack is given."
  type        = object({ connector = string, host = string })
  default = {
    connector = "projects/acme-network/locations/southamerica-east1/connectors/serverless"
    host      = "freio.acme.example"
  }
  nullable = false
}

variable "keys" {
  description = "Of the security team: the key for Freio's region, and the one for the location of the billing export."
  type        = object({ region = string, warehouse = string })
  default = {
    region    = "projects/acme-keys/locations/southamerica-east1/keyRings/freio/cryptoKeys/freio"
    warehouse = "projects/acme-keys/locations/us/keyRings/freio/cryptoKeys/freio"
  }
  nullable = false
}

variable "secrets_ready" {
  description = "false for the first apply alone: see the module's variable."
  type        = bool
  default     = true
  nullable    = false
}

provider "google" {
  project               = var.project
  billing_project       = var.project
  user_project_override = true
}

module "freio" {
  source = "../.."

  project       = var.project
  config_file   = "${path.module}/freio.yaml"
  location      = { region = var.region }
  labels        = { cost_centre = "cc-finops" }
  secrets_ready = var.secrets_ready

  # The paging service and a list, so that neither Slack nor one person's phone is the only way.
  alerts = {
    channels = ["projects/acme-freio/notificationChannels/1234567890"]
    emails   = ["finops-oncall@acme.example"]
  }
  own_budget = { monthly = 150 }

  # Told by its models, which no filter knows.
  budgets = { accepted = ["catalogue-tagging"] }

  organization = {
    id               = var.organization.id
    deny_folder      = var.organization.apps_folder
    policy_condition = "resource.matchTag('${var.organization.tag}', 'braked')"
  }

  # One person for the first weeks, not a group: whoever may be the enforcer passes by every approval.
  access = {
    deployers = ["serviceAccount:terraform@acme-pipelines.iam.gserviceaccount.com"]
    probers   = { "user:ana@acme.example" = "2027-01-31T18:00:00-03:00" }
    readers   = ["group:finops@acme.example"]
  }

  # The connector's project must let Freio's Cloud Run use it: roles/vpcaccess.user in acme-network for
  # service-NUMBER@serverless-robot-prod.iam.gserviceaccount.com, with the number of Freio's project. The network team grants
  # it before the functions are made, which fail without.
  network = {
    inbox_ingress = "ALLOW_INTERNAL_AND_GCLB"
    inbox_url     = "https://${var.network.host}"
    vpc_connector = var.network.connector
    egress        = "ALL_TRAFFIC"
  }

  # Granted by whoever keeps the keys before the first apply, by the output kms_members, which `terraform plan` shows.
  kms = { key = var.keys.region, warehouse_key = var.keys.warehouse }
}

output "freio" {
  description = "What a person needs next."
  value       = module.freio
}
