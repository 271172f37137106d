package schemas

// Emit makes rows of one common table out of records.
type Emit struct {
	Table string
	When  []Condition // all must hold
	// Given names a column without which no record is meant: When asks for it, and a file that
	// does not have it lacks nothing of this emit. "": each file has what the emit reads.
	Given string
	Needs []string // columns; a record for which When holds and that lacks one of them is a reject
	Each  *Expr    // a list or JSON array; one row is made for each item, which Set and When see as the column "item"
	// Aside says that the rows of Each only add to what else the record means: where the list
	// cannot be read the record counts all the same, and the list alone is a reject.
	Aside bool
	Set   []Assign // in the order of the file
	// Mentions says that records only mention the thing of a row, each with other details.
	// Of each key the row with the most values is kept.
	Mentions bool
	// Strength and Identify are for tables of things: how much the rows know of
	// the thing, and by which columns they name it. Mentions is Strength told
	// for all tables.
	Strength Strength
	Identify []Identify

	identifies bool // the contract says by what
	weighed    bool // the contract says how much the rows know

	key string // column of the table that tells its rows apart; "" where none does alone
}

// Item is the name under which the expressions of an emit with Each know the
// current item. Its type is text for a list and JSON for an array.
const Item = "item"

// Assign gives one column of the common table its value.
type Assign struct {
	Target string
	Value  Expr
}

// Condition holds for a record when the value is (or is not) in a set, or is
// (or is not) there at all.
type Condition struct {
	Value   Expr
	In      []string // compared without case; nil when only presence counts
	Present bool     // with nil In: must there be a value
	Empty   bool     // with nil In: the cell as delivered must be empty; one with a placeholder is not
	Not     bool     // with In: the value is in none of them; NULL counts as not in
}

// Expr is a value of the contract language. Exactly one of Column, First,
// Const, Key and Object is set.
type Expr struct {
	When []Condition // all must hold, else the value is NULL

	Column string
	Path   Path              // into a JSON column
	Values map[string]string // closed mapping of the text found, compared without case; the rest is 'unknown'
	Only   string            // [OnlyAddress]: the text where it is that, else NULL; "" for any text

	// Required makes a record a reject if the value is NULL though the conditions of When
	// hold.
	Required bool

	First []Expr // the first that is not NULL

	Const *string // as text, read as the target's type

	// Key composes a stable id <source>:<key>:<native id>. The components of Of are
	// normalised (a BRN or a prefixed id counts by its last component) and joined by
	// '|'. It is NULL when all components are, constants not counted. No components: the
	// fingerprint of the whole record.
	Key string
	Of  []Expr

	// Object makes a JSON object of columns under their own names, without
	// those that are NULL; NULL when all are.
	Object []string

	written *written // what has no place in a loaded contract; nil there
	wordsOf string   // the name of Values and the file that gives it, if contracts share it, for messages
}

// OnlyAddress takes the texts that are one e-mail address.
const OnlyAddress = "address"

// Unknown is the word of a closed mapping for what it does not list.
const Unknown = "unknown"
