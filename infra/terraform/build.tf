# What the functions are built from and into, and its housekeeping.

resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:what is read from it is in Cloud Audit Logs, which need no second bucket for logs
  #checkov:skip=CKV_GCP_78:an object's name holds its content's digest, so that nothing is ever overwritten
  project                     = var.project
  name                        = "${replace(replace(var.project, ":", "-"), ".", "-")}-freio-source"
  location                    = var.location.region
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # archives of `make bundle`, which can be built again

  dynamic "encryption" {
    for_each = var.kms.key == null ? [] : [var.kms.key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  # An archive that is no function's any more is deleted by the apply that replaces it; what an interrupted upload left
  # behind goes after a day.
  lifecycle_rule {
    condition {
      age = 1
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  lifecycle {
    # What a bucket is called is taken until it is gone, and archives are replaced before the old ones go: it cannot move.
    ignore_changes = [location]
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.agents]
}

resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:the key is the client's choice: kms.key
  project       = var.project
  location      = var.location.region
  repository_id = "freio"
  description   = "Images of Freio's functions, as Cloud Build makes them."
  format        = "DOCKER"
  labels        = local.labels
  kms_key_name  = var.kms.key

  # Cloud Run keeps a copy of what it serves, so that what is deleted here is never missing there.
  cleanup_policies {
    id     = "newest-of-each"
    action = "KEEP"
    most_recent_versions {
      keep_count = 1
    }
  }
  cleanup_policies {
    id     = "older-than-a-day"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "86400s"
    }
  }

  depends_on = [google_project_service.own, google_kms_crypto_key_iam_member.agents]
}

# What a build may: read the source, write the image, write its log. Cloud Functions copies the source into a bucket of its
# own, which the condition names.
resource "google_project_iam_member" "build" {
  for_each = {
    logs    = { role = "roles/logging.logWriter", condition = null }
    sources = { role = "roles/storage.objectViewer", condition = "resource.name.startsWith('projects/_/buckets/gcf-v2-sources-${data.google_project.own.number}-')" }
  }

  project = var.project
  role    = each.value.role
  member  = "serviceAccount:${google_service_account.build.account_id}@${local.iam_domain}"

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title       = "freio-build"
      description = "The copies of the functions' sources alone."
      expression  = condition.value
    }
  }
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${google_service_account.build.account_id}@${local.iam_domain}"
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project
  location   = var.location.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = "serviceAccount:${google_service_account.build.account_id}@${local.iam_domain}"
}
