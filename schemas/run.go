package schemas

import "time"

// Run is the record of one published run: what it decided, so that rebuild can
// do it again from the stored artifacts. It lies beside the manifests of the
// run. It holds no cell value.
type Run struct {
	ID         string    `json:"run"`
	Command    string    `json:"command"`
	Version    string    `json:"version"` // of the program
	Status     string    `json:"status"`  // as in meta.runs
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	// AsOf is the time that the run gave to all changes; later than that of
	// each run before.
	AsOf time.Time `json:"as_of"`
	// LinksFile is the SHA-256 of the user's links file by which the run resolved, which
	// lies among the artifacts; "" for none. DomainAliases are those of the configuration.
	LinksFile     string            `json:"links_file,omitempty"`
	DomainAliases map[string]string `json:"domain_aliases,omitempty"`
	// RulesFile is the SHA-256 of the user's rules on separation of duties, which lie among
	// the artifacts too; "" for none.
	RulesFile string `json:"rules_file,omitempty"`

	Exports []RunExport `json:"exports"`
}

// RunExport is what became of one export of a run.
type RunExport struct {
	Source  string `json:"source"`
	Dataset string `json:"dataset"`
	Status  string `json:"status"` // as in meta.exports
	Failure string `json:"failure,omitempty"`
	Error   string `json:"error,omitempty"`
	// Gates are the tables whose rows fell too far, if any. Where the status
	// is loaded all the same, the run accepted that.
	Gates []RunGate `json:"gates,omitempty"`
}

// RunGate is one reason for which an export was not to be loaded unseen: a table
// with too few rows, or a part or column that is missing.
type RunGate struct {
	Table           string   `json:"table"` // with its schema
	Before          int64    `json:"rows_before"`
	After           int64    `json:"rows_after"`
	Share           float64  `json:"share_limit"`
	Rows            int64    `json:"rows_limit"`
	ContractChanged bool     `json:"contract_changed,omitempty"`
	ColumnsMissing  []string `json:"columns_missing,omitempty"`
	Reason          string   `json:"reason,omitempty"` // as in meta.gates
	What            string   `json:"what,omitempty"`
}
