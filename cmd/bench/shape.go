package main

import (
	"bufio"
	_ "embed"
	"io"
	"os"
)

// shape is one form in which a vendor delivers an export.
type shape struct {
	name    string
	vendor  string
	dataset string // plural
	file    string // as a files source wants it
	records []int  // how many are measured
	write   func(w *bufio.Writer, n int, v variant)
	// pack makes the delivered file of what write wrote, where that is not it.
	pack func(dst io.Writer, plain *os.File) error
	// reader is DuckDB's table function for the file, $path standing for its path.
	reader string
	sql    string // fills the vendor table and the common tables
	json   bool
	also   string // what the reader of the page must know
}

// variant is how a second delivery of an export differs from the first.
type variant int

const (
	first   variant = iota
	rotated         // the same records in another order
	changed         // each hundredth record has other content
)

//go:embed yardstick/entitlements.sql
var entitlementsSQL string

//go:embed yardstick/requests.sql
var requestsSQL string

//go:embed yardstick/accounts.sql
var accountsSQL string

//go:embed yardstick/role_mining.sql
var roleMiningSQL string

//go:embed yardstick/config_objects.sql
var configObjectsSQL string

const (
	million = 1_000_000

	integration = "github/01J8ZR5Z8M4N6P7Q9S0T1VBWCX"
	candidate   = "8c190e67-87aa-4ed9-a90b-d9d5344523fb"
	csvReader   = "read_csv('$path', all_varchar = true, header = true)"
	// The document is one JSON value, so its size must be allowed.
	configReader = "read_json('$path', format = 'unstructured', maximum_object_size = 1073741824, " +
		"columns = {timestamp: 'TIMESTAMPTZ', tenant: 'VARCHAR', description: 'VARCHAR', objects: 'JSON[]'})"
)

var shapes = []*shape{
	{
		name: "entitlements-csv", vendor: "balkanid", dataset: "entitlements",
		file:    "entitlements.integration_id=github%2F01J8ZR5Z8M4N6P7Q9S0T1VBWCX.csv",
		records: []int{million, 10 * million}, write: writeEntitlements, reader: csvReader, sql: entitlementsSQL,
	},
	{
		name: "requests-csv", vendor: "balkanid", dataset: "requests", file: "requests.csv",
		records: []int{million}, write: writeRequests, reader: csvReader, sql: requestsSQL,
	},
	{
		name: "accounts-csv", vendor: "oleria", dataset: "access_inventory_application_accounts_v2",
		file:    "access_inventory_application_accounts_v2.csv",
		records: []int{million}, write: writeAccountsCSV, reader: csvReader, sql: accountsSQL,
	},
	{
		name: "accounts-json", vendor: "oleria", dataset: "access_inventory_application_accounts_v2",
		file: "access_inventory_application_accounts_v2.json", json: true,
		records: []int{million}, write: writeAccountsJSON, reader: accountsReader("array"), sql: accountsSQL,
	},
	{
		name: "accounts-ndjson", vendor: "oleria", dataset: "access_inventory_application_accounts_v2",
		file: "access_inventory_application_accounts_v2.ndjson", json: true,
		records: []int{million}, write: writeAccountsLines, reader: accountsReader("newline_delimited"), sql: accountsSQL,
		also: "the same accounts as lines: there is no contract of SailPoint accounts to measure",
	},
	{
		name: "role-mining-zip", vendor: "sailpoint", dataset: "potential_role_entitlements",
		file:    "potential_role_entitlements.potential_role_id=" + candidate + ".zip",
		records: []int{million}, write: writeRoleMining, pack: zipped("entitlements.csv"), reader: csvReader, sql: roleMiningSQL,
		also: "DuckDB reads no ZIP: the yardstick's process unpacks the member to a file first",
	},
	{
		name: "sp-config-json", vendor: "sailpoint", dataset: "config_objects", file: "config_objects.json", json: true,
		records: []int{million / 10}, write: writeConfigObjects, reader: configReader, sql: configObjectsSQL,
		also: "the yardstick masks nothing, since there is nothing to mask in the records",
	},
}

// accountsReader reads accounts in JSON with all values as text.
func accountsReader(format string) string {
	columns := ""
	for i, name := range accountNames {
		if i > 0 {
			columns += ", "
		}
		columns += name + ": 'VARCHAR'"
	}
	return "read_json('$path', format = '" + format + "', columns = {" + columns + "})"
}

func shapeNamed(name string) *shape {
	for _, s := range shapes {
		if s.name == name {
			return s
		}
	}
	return nil
}

func shapeNames() []string {
	names := make([]string, len(shapes))
	for i, s := range shapes {
		names[i] = s.name
	}
	return names
}
