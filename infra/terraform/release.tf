# No brake is left behind. Before anything is destroyed, and before a project leaves the client's file, `freio release
# --all` must say that nothing is held: what takes the enforcer away, or its rights in a project, also takes away who
# would put back what stood there. The command only looks; it reads the state, so whoever applies needs
# roles/datastore.viewer in Freio's project, and `freio` on the path.

resource "terraform_data" "nothing_is_held" {
  for_each = local.granted

  # A destroy reads what the last apply left here, and no variable.
  input = {
    project = each.key
    config  = abspath(var.config_file)
    store   = local.command_line.FREIO_STORE
  }

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

  # Whatever brakes and lets go stands for as long as this does.
  depends_on = [
    google_bigquery_table.freio,
    google_cloud_scheduler_job.tick,
    google_cloudfunctions2_function.freio,
    google_firestore_database.state,
    google_folder_iam_member.deny,
    google_organization_iam_member.deny,
    google_organization_iam_member.policy_admin,
    google_project_iam_member.enforcer,
    google_project_iam_member.hard_levers,
    google_project_iam_member.state,
    google_pubsub_subscription.freio,
    google_service_account_iam_member.enforcer_as_hard_levers,
  ]
}
