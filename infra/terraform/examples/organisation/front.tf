# The one way in: the network team's load balancer, which lets POSTs through, 300 a minute from an address, and nothing else.
# Cloud Run itself takes what comes from it alone (ALLOW_INTERNAL_AND_GCLB).

resource "google_project_service" "compute" {
  project            = var.project
  service            = "compute.googleapis.com"
  disable_on_destroy = false
}

resource "google_compute_region_network_endpoint_group" "inbox" {
  project               = var.project
  name                  = "freio-inbox"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = module.freio.functions["slack_inbox"].service
  }

  depends_on = [google_project_service.compute]
}

resource "google_compute_security_policy" "inbox" {
  project = var.project
  name    = "freio-inbox"

  rule {
    action      = "throttle"
    priority    = 1000
    description = "Slack posts a few times a minute; whoever knocks more often is told to wait."
    match {
      expr {
        expression = "request.method == 'POST'"
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = 300
        interval_sec = 60
      }
    }
  }
  rule {
    action      = "deny(403)"
    priority    = 900
    description = "CVE-2021-44228 and its kind."
    match {
      expr {
        expression = "evaluatePreconfiguredExpr('cve-canary')"
      }
    }
  }
  rule {
    action      = "deny(404)"
    priority    = 2147483647
    description = "Nothing else."
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [google_project_service.compute]
}

resource "google_compute_backend_service" "inbox" {
  project               = var.project
  name                  = "freio-inbox"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  security_policy       = google_compute_security_policy.inbox.id

  backend {
    group = google_compute_region_network_endpoint_group.inbox.id
  }
  log_config {
    enable = true
  }
}

resource "google_compute_url_map" "inbox" {
  project         = var.project
  name            = "freio-inbox"
  default_service = google_compute_backend_service.inbox.id
}

resource "google_compute_managed_ssl_certificate" "inbox" {
  project = var.project
  name    = "freio-inbox"

  managed {
    domains = [var.network.host]
  }

  depends_on = [google_project_service.compute]
}

resource "google_compute_ssl_policy" "inbox" {
  project         = var.project
  name            = "freio-inbox"
  profile         = "RESTRICTED"
  min_tls_version = "TLS_1_2"

  depends_on = [google_project_service.compute]
}

resource "google_compute_target_https_proxy" "inbox" {
  project          = var.project
  name             = "freio-inbox"
  url_map          = google_compute_url_map.inbox.id
  ssl_certificates = [google_compute_managed_ssl_certificate.inbox.id]
  ssl_policy       = google_compute_ssl_policy.inbox.id
}

resource "google_compute_global_address" "inbox" {
  project = var.project
  name    = "freio-inbox"

  depends_on = [google_project_service.compute]
}

resource "google_compute_global_forwarding_rule" "inbox" {
  project               = var.project
  name                  = "freio-inbox"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.inbox.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.inbox.id
}

output "address" {
  description = "What the name that Slack is given must resolve to."
  value       = google_compute_global_address.inbox.address
}
