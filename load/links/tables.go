// Package links enters into the file which thing each statement is about, and why: see
// docs/linking.md. Package resolve decides it.
package links

import (
	"slices"

	"github.com/accessmart/accessmart/load/database"
)

// Tables are those of schema meta that hold links, with the closed versions of meta.links.
var Tables = []*database.Table{
	links,
	database.Closed(links),
	runs,
	unlinkable,
	{
		Schema: "meta", Name: "account_owners", Comment: "To whom an account belongs, by the rules: one row per account that has somebody. main.identity_accounts has all relations.",
		Columns: []database.Column{
			{Name: "account_key", Type: "VARCHAR", Comment: "key of the account in main"},
			{Name: "identity_key", Type: "VARCHAR", Comment: "key of the identity in main"},
			{Name: "rule", Type: "VARCHAR", Comment: "why: links file, vendor, email or login; see docs/linking.md"},
			{Name: "evidence", Type: "VARCHAR", Comment: "the value by which the rule found it, with its namespace"},
			{Name: "confidence", Type: "DOUBLE", Comment: "how certain the rule is, 0 to 1"},
		},
	},
	{
		Schema: "meta", Name: "addresses", Comment: "Whom an address means where a fact names a person by it: one row per address that exactly one identity has.",
		Columns: []database.Column{
			{Name: "email", Type: "VARCHAR", Comment: "the address, trimmed and lower-cased"},
			{Name: "identity_key", Type: "VARCHAR", Comment: "key of the identity in main"},
		},
	},
	{
		Schema: "meta", Name: "key_changes", Comment: "Keys of things that are no more, and where their statements are now.",
		Columns: []database.Column{
			{Name: "kind", Type: "VARCHAR", Comment: "table of the thing"},
			{Name: "old_key", Type: "VARCHAR", Comment: "the key before"},
			{Name: "new_key", Type: "VARCHAR", Comment: "the key that statements of the old one have now"},
			{Name: "run_id", Type: "VARCHAR", Comment: "run that changed it; see meta.runs"},
			{Name: "reason", Type: "VARCHAR", Comment: "merge: the thing is one with an older one; split: a part of it is a thing of its own; move: a part of it went over to another thing"},
		},
	},
	{
		Schema: "meta", Name: "link_conflicts", Comment: "Joins of statements that a rule proposed and that were not made; see report.link_conflicts.",
		Columns: []database.Column{
			{Name: "kind", Type: "VARCHAR", Comment: "table of the things"},
			{Name: "rule", Type: "VARCHAR", Comment: "rule that proposed the join"},
			{Name: "evidence", Type: "VARCHAR", Comment: "the value that both sides have, with its namespace"},
			{Name: "reason", Type: "VARCHAR", Comment: "what forbids it"},
			{Name: "statement_keys", Type: "VARCHAR[]", Comment: "a statement of each thing concerned; behind # its native id, where it has one; NULL for rule vendor"},
			{Name: "thing_keys", Type: "VARCHAR[]", Comment: "keys of the things concerned, in main; for rule vendor the people to whom sources map the account that evidence names"},
			{Name: "joined_keys", Type: "VARCHAR[]", Comment: "those of them that were joined all the same, as the others have left"},
		},
	},
	{
		Schema: "meta", Name: "link_suggestions", Comment: "Pairs of things that look like one, and that no rule joins; see report.link_suggestions.",
		Columns: []database.Column{
			{Name: "kind", Type: "VARCHAR", Comment: "table of the things"},
			{Name: "look", Type: "VARCHAR", Comment: "in what they look alike; see docs/linking.md"},
			{Name: "evidence", Type: "VARCHAR", Comment: "the value in which they do"},
			{Name: "left_key", Type: "VARCHAR", Comment: "key of the one in main"},
			{Name: "right_key", Type: "VARCHAR", Comment: "key of the other in main"},
		},
	},
}

// unlinkable lists what identifies nothing.
var unlinkable = &database.Table{
	Schema: "meta", Name: "unlinkable_values", Comment: "Values by which statements name their things, and that identify nothing: no rule joins by them.",
	Columns: []database.Column{
		{Name: "kind", Type: "VARCHAR", Comment: "table of the things"},
		{Name: "namespace", Type: "VARCHAR", Comment: "what the value is said to be, such as email or employee_number; see docs/linking.md"},
		{Name: "value", Type: "VARCHAR", Comment: "the value, in the form in which values are compared"},
		{Name: "reason", Type: "VARCHAR", Comment: "placeholder: it names nothing, or has not the form of such a value; shared: several things of one source, or too many, have it"},
		{Name: "use_count", Type: "BIGINT", Comment: "statements with a placeholder, things with a shared value. Of a kind the first 1,000 placeholders are counted"},
	},
}

// runs says what each run resolved by.
var runs = &database.Table{
	Schema: "meta", Name: "link_runs", Comment: "By what each run said which thing a statement is about: one row per run that found it out anew.",
	Columns: []database.Column{
		{Name: "run_id", Type: "VARCHAR", Comment: "run; see meta.runs"},
		{Name: "as_of", Type: "TIMESTAMPTZ", Comment: "time of the run"},
		{Name: "links_file", Type: "VARCHAR", Comment: "SHA-256 of the user's links file, which the data folder keeps; NULL for none"},
		{Name: "domain_aliases", Type: "JSON", Comment: "mail domains that the configuration calls other names of others: {alias: domain}; NULL for none"},
		{Name: "rules", Type: "VARCHAR", Comment: "fingerprint of the rules and of what the contracts say of identifiers"},
		{Name: "statement_count", Type: "BIGINT", Comment: "statements, of all kinds, with keys that rows only refer to"},
	},
}

// links says which thing each statement is about.
var links = &database.Table{
	Schema: "meta", Name: "links", Comment: "Which thing each statement is about, and why: one row per dataset, statement key and part.",
	Columns: []database.Column{
		{Name: "kind", Type: "VARCHAR", Comment: "table of the statement in observed, and of the thing in main"},
		{Name: "statement_key", Type: "VARCHAR", Comment: "key of the statement in observed"},
		{Name: "part", Type: "VARCHAR", Comment: "native id, which tells statements of one key apart; '' where there is none"},
		{Name: "source", Type: "VARCHAR", Comment: "name of the source that states it"},
		{Name: "dataset", Type: "VARCHAR", Comment: "dataset that states it, or that refers to it where none does"},
		{Name: "key", Type: "VARCHAR", Comment: "key of the thing in main"},
		{Name: "rule", Type: "VARCHAR", Comment: "the weakest rule on the way to the founding statement; founder, or alone; see docs/linking.md"},
		{Name: "evidence", Type: "VARCHAR", Comment: "the value that joins, with its namespace; NULL for none"},
		{Name: "confidence", Type: "DOUBLE", Comment: "how certain that rule is, 0 to 1"},
		{Name: "is_founder", Type: "BOOLEAN", Comment: "the key of the thing is made of this statement's"},
		{Name: "founded_at", Type: "TIMESTAMPTZ", Comment: "first moment of the thing"},
		{Name: "first_seen_at", Type: "TIMESTAMPTZ", Comment: "when the statement was first seen, in whatever version"},
		{Name: "is_reference", Type: "BOOLEAN", Comment: "a row that refers to the statement key means this thing; false for those of several who bear one key, and do not have it now"},
		{Name: "is_described", Type: "BOOLEAN", Comment: "some statement of the thing describes it"},
		{Name: "strength", Type: "VARCHAR", Comment: "describes: the dataset lists such things; supplements: it adds to what others list; mentions: it names them in passing"},
		{Name: "_valid_from", Type: "TIMESTAMPTZ", Comment: "when this link was first made: the time of the run"},
		{Name: "_hash", Type: "UUID", Comment: "fingerprint of all columns but _valid_from, by which versions are told apart"},
	},
	Compression: map[string]string{"_hash": "uncompressed", "kind": "dictionary", "source": "dictionary", "dataset": "dictionary", "rule": "dictionary", "strength": "dictionary",
		// DuckDB would choose these for most parts of a large table, after trying all there are.
		"statement_key": "fsst", "part": "fsst", "key": "fsst", "evidence": "fsst", "confidence": "rle", "is_founder": "bitpacking", "is_reference": "rle", "is_described": "rle"},
}

// tableOf is a table of this package by its name.
func tableOf(name string) *database.Table {
	return Tables[slices.IndexFunc(Tables, func(t *database.Table) bool { return t.Schema == "meta" && t.Name == name })]
}
