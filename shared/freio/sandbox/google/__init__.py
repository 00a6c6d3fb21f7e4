"""A Google control plane to brake against: quotas, traffic and metrics, spoken to over HTTP by Google's own client.

Read in this order, which is the way of a request:

- `server`         loopback HTTP; turns bytes into one call of the control plane
- `control_plane`  the facade: match, check, fault, gate, answer, check the answer
- `discovery`, `schema`, `requests`, `enum_numbers`  what Google's discovery documents say a request and a reply may be
- `faults`         errors, slowness and lost replies, on order
- `projects`, `permissions`  projects that are unknown, APIs that are off, permissions that are missing, and asking
  which they are
- `quota_api`, `quota_json`, `quota_names`, `override_rules`, `operations`  Service Usage v1beta1
- `front`, `policy_api`, `policy_rules`, `service_state_api`, `billing_api`  Organization Policy v2, Service Usage v1
  and Cloud Billing v1: what may be turned off
- `doors`  how that turns callers away, before any quota
- `catalogue`, `models`, `quotas`, `usage`  which limits exist, whom they bind, what is in force, what is used
- `callers`, `credentials`, `history`  API keys, service accounts, and what is set for them when
- `api_keys`, `deny_policies`, `small_apis`, `caller_traffic`  API Keys v2, IAM v2, and the requests with a credential
- `demand`, `traffic`, `gates`, `metrics`  demand in, admitted traffic and points of metrics out
- `monitoring`, `filters`, `alignment`, `series`  Cloud Monitoring v3 `timeSeries.list`
"""
