# BigQuery: Freio's own dataset, where the billing export is, since a job cannot join two locations. The tables are made
# here, and only filled by the functions, which may make none. Their columns are those of shared/freio/sql
# (rollup_tables.sql, journal_table.sql); a test holds the two together.

locals {
  dataset       = "freio"
  warehouse     = "bigquery:${var.project}.${local.dataset}"
  rollup_tables = ["hourly_spend", "hourly_spend_runs", "hourly_spend_lock"]

  days = 24 * 60 * 60 * 1000

  tables = {
    hourly_spend = {
      what      = "AI spend by hour of use and moment of export: the rollup of the billing export."
      partition = { type = "DAY", field = "exported", expiration_ms = 400 * local.days }
      clusters  = ["app", "project", "model"]
    }
    hourly_spend_runs = {
      what      = "One row for each time that the rollup was brought up to date."
      partition = null
      clusters  = null
    }
    hourly_spend_lock = {
      what      = "One row, which every refresh changes: of two at once, BigQuery ends one."
      partition = null
      clusters  = null
    }
    journal_lines = {
      what      = "The journal's copy, as it was appended; read the view journal. It stays."
      partition = { type = "MONTH", field = "happened_at", expiration_ms = null }
      clusters  = ["app", "incident"]
    }
  }

  views = {
    journal = {
      what  = "Everything that Freio saw, decided and did, each once."
      query = <<-EOT
        SELECT DISTINCT id, happened_at, kind, app, incident, actor, what, data, written_at, ordinal
        FROM `${var.project}.${local.dataset}.journal_lines`
      EOT
    }
    daily_spend = {
      what  = "AI spend by day (UTC), net of credits, as of the rollup's last refresh."
      query = <<-EOT
        SELECT
          DATE(hour) AS day, app, team, cost_centre, feature, project, endpoint, model, currency, SUM(net) AS net
        FROM `${var.project}.${local.dataset}.hourly_spend`
        GROUP BY day, app, team, cost_centre, feature, project, endpoint, model, currency
      EOT
    }
  }
}

data "google_bigquery_dataset" "export" {
  project    = local.export_parts[0]
  dataset_id = local.export_parts[1]
}

resource "google_bigquery_dataset" "freio" {
  project     = var.project
  dataset_id  = local.dataset
  location    = data.google_bigquery_dataset.export.location
  description = "Freio: spend by hour, and the journal."
  labels      = local.labels
  # No expiration of its own: the journal stays, and the rollup's partitions have theirs.
  delete_contents_on_destroy = !var.protect

  dynamic "default_encryption_configuration" {
    for_each = var.kms.warehouse_key == null ? [] : [var.kms.warehouse_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.warehouse]
}

resource "google_bigquery_table" "freio" {
  #checkov:skip=CKV_GCP_80:the key is the client's choice: kms.warehouse_key
  for_each = local.tables

  project             = var.project
  dataset_id          = google_bigquery_dataset.freio.dataset_id
  table_id            = each.key
  description         = each.value.what
  labels              = local.labels
  schema              = file("${path.module}/tables/${each.key}.json")
  clustering          = each.value.clusters
  deletion_protection = var.protect

  dynamic "time_partitioning" {
    for_each = each.value.partition == null ? [] : [each.value.partition]
    content {
      type          = time_partitioning.value.type
      field         = time_partitioning.value.field
      expiration_ms = time_partitioning.value.expiration_ms
    }
  }

  dynamic "encryption_configuration" {
    for_each = var.kms.warehouse_key == null ? [] : [var.kms.warehouse_key]
    content {
      kms_key_name = encryption_configuration.value
    }
  }
}

resource "google_bigquery_table" "view" {
  #checkov:skip=CKV_GCP_80:a view holds no rows; those of the tables under it are encrypted as kms.warehouse_key says
  #checkov:skip=CKV_GCP_121:a view can be made again from its text
  for_each = local.views

  project             = var.project
  dataset_id          = google_bigquery_dataset.freio.dataset_id
  table_id            = each.key
  description         = each.value.what
  labels              = local.labels
  deletion_protection = false

  view {
    query          = each.value.query
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.freio]
}
