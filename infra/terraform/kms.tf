# Who must be able to use the client's own keys, where it has any: Google's service agents of Freio's project.

locals {
  kms_agents = ["pubsub", "functions", "run", "artifacts", "secrets", "firestore", "storage"]
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = toset(var.kms.grant && var.kms.key != null ? local.kms_agents : [])

  crypto_key_id = var.kms.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents[each.key]
}

resource "google_kms_crypto_key_iam_member" "warehouse" {
  for_each = toset(var.kms.grant && var.kms.warehouse_key != null ? ["bigquery"] : [])

  crypto_key_id = var.kms.warehouse_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.agents[each.key]
}
