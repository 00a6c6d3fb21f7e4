# A small client: everything in one project, no organization, no keys of its own.
#
#   make bundle
#   gcloud services enable …: what the first plan asks; README.md, First day, step 4
#   terraform init
#   terraform apply -var secrets_ready=false
#   … make the Slack app, and put the secrets in: terraform output freio
#   terraform apply

terraform {
  required_version = ">= 1.11, < 2"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 9"
    }
  }

  # The state holds no secret. Keep it in a bucket all the same:
  # backend "gcs" {
  #   bucket = "bloom-terraform"
  #   prefix = "freio"
  # }
}

variable "project" {
  description = "The one project."
  type        = string
  default     = "bloom-ai"
  nullable    = false
}

variable "secrets_ready" {
  description = "false for the first apply alone: see the module's variable."
  type        = bool
  default     = true
  nullable    = false
}

# The Budget API wants to know whose quota a person's own credentials use.
provider "google" {
  project               = var.project
  billing_project       = var.project
  user_project_override = true
}

module "freio" {
  source = "../.."

  # The apps run here too. One that runs as Compute Engine's default account with Editor, which Google once gave it by itself,
  # may publish to freio-clicks, and so forge the click that brakes or lets go: take Editor from that account (the constraint
  # iam.automaticIamGrantsForDefaultServiceAccounts keeps new projects from it), give each app an account of its own, or give
  # Freio a project of its own.
  project       = var.project
  config_file   = "${path.module}/freio.yaml"
  location      = { region = "europe-west1" }
  alerts        = { emails = ["ines@bloom.example"] }
  own_budget    = { monthly = 30 }
  secrets_ready = var.secrets_ready
  # It has what the other app leaves of the project, which no filter can say.
  budgets = { accepted = ["everything-else"] }
  # She runs Freio alone, and approves what it asks anyway: no end.
  access = { probers = { "user:ines@bloom.example" = null } }
}

output "freio" {
  description = "What a person needs next."
  value       = module.freio
}
