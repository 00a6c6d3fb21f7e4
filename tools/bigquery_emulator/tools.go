//go:build tools

// Package tools pins the BigQuery emulator that the tests meet: go.mod names its version, go.sum the hash of every
// module that it is built from. `make emulators` builds it.
package tools

import _ "github.com/goccy/bigquery-emulator/cmd/bigquery-emulator"
