// Package sod reads the user's own rules on separation of duties, keeps them in the file,
// and says which things their patterns name: see docs/separation-of-duties.md. Who breaks
// them is for report.sod_violations to say, which treats them as it does the policies of
// vendors.
package sod

import "github.com/accessmart/accessmart/load/database"

// Tables are those of schema meta that hold the rules.
var Tables = []*database.Table{
	{
		Schema: "meta", Name: "sod_rules", Comment: "The user's own rules on separation of duties, as the rules file has them: one row per rule. report.sod_rules has them with the policies of vendors.",
		Columns: []database.Column{
			{Name: "rule_key", Type: "VARCHAR", Comment: "rule:<name>"},
			{Name: "name", Type: "VARCHAR", Comment: "name of the rule"},
			{Name: "description", Type: "VARCHAR", Comment: "what the rule is for; NULL: the file does not say"},
			{Name: "owner", Type: "VARCHAR", Comment: "who answers for the rule; NULL: the file does not say"},
			{Name: "mitigation", Type: "VARCHAR", Comment: "what is done about those who break the rule; NULL for nothing"},
			{Name: "mitigation_until", Type: "DATE", Comment: "last day on which the mitigation holds; NULL for no end"},
			{Name: "until", Type: "DATE", Comment: "last day on which the rule holds; NULL for no end"},
			{Name: "line", Type: "BIGINT", Comment: "line of the rules file on which the rule begins"},
		},
	},
	patterns,
	{
		Schema: "meta", Name: "sod_runs", Comment: "By which rules file the file was made: one row per run that used another one than the run before.",
		Columns: []database.Column{
			{Name: "run_id", Type: "VARCHAR", Comment: "run; see meta.runs"},
			{Name: "as_of", Type: "TIMESTAMPTZ", Comment: "time of the run"},
			{Name: "rules_file", Type: "VARCHAR", Comment: "SHA-256 of the user's rules file, which the data folder keeps; NULL for none"},
		},
	},
}

var patterns = &database.Table{
	Schema: "meta", Name: "sod_patterns", Comment: "What the sides of the user's own rules name: one row per pattern. report.sod_criteria says which things that is.",
	Columns: []database.Column{
		{Name: "rule_key", Type: "VARCHAR", Comment: "rule; see meta.sod_rules"},
		{Name: "side", Type: "VARCHAR", Comment: "left or right"},
		{Name: "position", Type: "BIGINT", Comment: "which pattern of the side it is, from 1"},
		{Name: "line", Type: "BIGINT", Comment: "line of the rules file on which it begins"},
		{Name: "pattern", Type: "VARCHAR", Comment: "the pattern in words"},
		{Name: "application_like", Type: "VARCHAR", Comment: "pattern for ILIKE, with \\ before what it takes literally, of the application's name, product or key; NULL for any, and for what belongs to none"},
		{Name: "kind", Type: "VARCHAR", Comment: "entitlement, role or group; NULL for any of them"},
		{Name: "name_like", Type: "VARCHAR", Comment: "pattern for ILIKE of the name, of an entitlement also of the value; NULL where key is given"},
		{Name: "key", Type: "VARCHAR", Comment: "key of the one thing that is meant; NULL where a name is given"},
	},
}
