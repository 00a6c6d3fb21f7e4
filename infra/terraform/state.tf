# State and journal: Firestore, in a database of Freio's own. See adapters/google/firestore_documents.py, to which a test
# holds the lists below.

locals {
  # Collections whose documents go one day, and say when in `expires_at`; and those whose documents stay.
  expiring = [
    "freio-alertlog", "freio-ask", "freio-billedhomes", "freio-budgetstatus", "freio-capreport", "freio-card",
    "freio-drillrun", "freio-expectations", "freio-forecasts", "freio-incident", "freio-increase", "freio-journal",
    "freio-lateness", "freio-notice", "freio-once", "freio-projectnumbers", "freio-rightsreport",
    "freio-unowned",
  ]
  # Collections whose documents hold a record's text, which nobody searches by: an index of it is paid for nothing.
  texts = [for name in concat(local.expiring, ["freio-brake", "freio-quotabook"]) : name if name != "freio-once"]
}

resource "google_firestore_database" "state" {
  project                           = var.project
  name                              = "freio"
  location_id                       = coalesce(var.location.firestore, var.location.region)
  type                              = "FIRESTORE_NATIVE"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.protect ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  # What stood at a lever before Freio is known nowhere else: a destroy leaves the database unless protection is off.
  deletion_policy = var.protect ? "ABANDON" : "DELETE"

  dynamic "cmek_config" {
    for_each = var.kms.key == null ? [] : [var.kms.key]
    content {
      kms_key_name = cmek_config.value
    }
  }

  lifecycle {
    # A database cannot be moved: one in another place would be a new one, without what stood at the levers. Where the
    # functions move, it stays.
    ignore_changes = [location_id]
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.agents]
}

resource "google_firestore_field" "expires_at" {
  for_each = toset(local.expiring)

  project    = var.project
  database   = google_firestore_database.state.name
  collection = each.key
  field      = "expires_at"

  ttl_config {}
  index_config {} # none: instants that all lie close together are the worst that an index can hold
}

resource "google_firestore_field" "body" {
  for_each = toset(local.texts)

  project    = var.project
  database   = google_firestore_database.state.name
  collection = each.key
  field      = "body"

  index_config {}
}

# Beyond the seven days of point-in-time recovery.
resource "google_firestore_backup_schedule" "weekly" {
  project   = var.project
  database  = google_firestore_database.state.name
  retention = "8467200s" # fourteen weeks, the most

  weekly_recurrence {
    day = "SUNDAY"
  }
}
