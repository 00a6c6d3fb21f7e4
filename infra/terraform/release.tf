# No brake is left behind. Before anything is destroyed, and before a project or a lever leaves the client's file, `freio
# release --all` must say that nothing is held: what takes the enforcer away, or its rights, also takes away who would put
# back what stood there. The command only looks; it reads the state, so whoever applies needs roles/datastore.viewer in
# Freio's project, and `freio` on the path.

locals {
  # As it was given: the check runs in the root module's folder, and a state that another machine wrote says the same.
  release_check = {
    config = var.config_file
    store  = local.command_line.FREIO_STORE
  }

  # "quota in acme-chat": what some right in a project is for. An app may name an account of a project that is no app's.
  levers_in_projects = {
    for pair in concat(
      flatten([for project, levers in local.project_levers : [for lever in levers : { project = project, lever = lever } if lever != "iam_deny"]]),
      [for project in local.account_projects : { project = project, lever = "iam_deny" }],
    ) : "${pair.lever} in ${pair.project}" => pair
  }
}

# Of what goes with a destroy: a whole project's rights, a hard lever's in a project, what a lever has besides (the
# identity freio-hard-levers, its roles above the projects, the gateway's key), and the functions.
resource "terraform_data" "nothing_is_held" {
  for_each = toset(concat(
    keys(local.granted),
    [for name, pair in local.levers_in_projects : name if contains(local.hard_levers, pair.lever)],
    [for lever in local.asked_levers : lever if lever == "gateway" || contains(local.hard_levers, lever)],
    var.secrets_ready ? ["functions"] : [],
  ))

  # A destroy reads what the last apply left here, and no variable.
  input = merge(local.release_check, { project = each.key })

  provisioner "local-exec" {
    when = destroy
    # FREIO_RELEASE_CHECK=true lets a person go on who knows better.
    command = <<-EOT
      $${FREIO_RELEASE_CHECK:-freio release --all} || {
        echo "Freio may still hold a brake (${self.output.project} is to be taken from it). Let go first, as the enforcer: freio release --all --yes" >&2
        exit 1
      }
    EOT
    environment = {
      FREIO_CONFIG = self.output.config
      FREIO_STORE  = self.output.store
    }
  }

  # All stands for as long as this does: what brakes and lets go, what calls and tells of it, and who may let go by hand. A
  # test finds what is missing here.
  depends_on = [
    google_bigquery_dataset_iam_member.readers,
    google_bigquery_dataset_iam_member.sees,
    google_bigquery_table.view,
    google_bigquery_table_iam_member.export,
    google_bigquery_table_iam_member.reads,
    google_bigquery_table_iam_member.writes,
    google_billing_account_iam_member.watch,
    google_billing_budget.app,
    google_billing_budget.own,
    google_cloud_run_v2_service_iam_member.public,
    google_cloud_scheduler_job.tick,
    google_firestore_backup_schedule.weekly,
    google_firestore_field.body,
    google_firestore_field.expires_at,
    google_folder_iam_member.deny,
    google_kms_crypto_key_iam_member.warehouse,
    google_monitoring_alert_policy.dead_letters,
    google_monitoring_alert_policy.page,
    google_monitoring_alert_policy.silence,
    google_organization_iam_member.deny,
    google_organization_iam_member.policy_admin,
    google_project_iam_member.enforcer,
    google_project_iam_member.hard_levers,
    google_project_iam_member.jobs,
    google_project_iam_member.state,
    google_project_iam_member.watch,
    google_pubsub_subscription_iam_member.dead_letters,
    google_pubsub_topic_iam_member.budgets,
    google_pubsub_topic_iam_member.publishes,
    google_service_account_iam_member.deployer,
    google_service_account_iam_member.enforcer_as_hard_levers,
    google_service_account_iam_member.prober,
  ]
}

# Of what goes with a change: the custom roles and the functions depend on this, so that a role loses a lever's permissions,
# and a function hears of the new file, only after the lever has gone from here.
resource "terraform_data" "lever_is_let_go" {
  for_each = setunion(keys(local.levers_in_projects), local.has_gateway ? ["gateway"] : [])

  input = merge(local.release_check, { lever = each.key })

  provisioner "local-exec" {
    when    = destroy
    command = <<-EOT
      $${FREIO_RELEASE_CHECK:-freio release --all} || {
        echo "Freio may still hold a brake (${self.output.lever} is to be taken from it). Let go first, as the enforcer: freio release --all --yes" >&2
        exit 1
      }
    EOT
    environment = {
      FREIO_CONFIG = self.output.config
      FREIO_STORE  = self.output.store
    }
  }

  depends_on = [google_firestore_database.state]
}

# Of a destroy of everything. It goes first, and says so before half of Freio is gone: the tables and the database would
# refuse, each in its turn, while what they serve is taken away.
resource "terraform_data" "unprotected" {
  input = { protect = tostring(var.protect) }

  provisioner "local-exec" {
    when    = destroy
    command = <<-EOT
      [ '${self.output.protect}' = false ] || $${FREIO_RELEASE_CHECK:-false} || {
        echo "The state, the journal and the rollup are protected. To take Freio away: apply once with protect = false." >&2
        exit 1
      }
    EOT
  }

  depends_on = [terraform_data.lever_is_let_go, terraform_data.nothing_is_held]
}
