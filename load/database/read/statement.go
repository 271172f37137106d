package read

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// ErrNotReading is wrapped by [File.Query] for a statement that does
// something else than to read, whatever would become of it.
var ErrNotReading = errors.New("only statements that read are run: SELECT, FROM, WITH, VALUES, SHOW, DESCRIBE, SUMMARIZE, EXPLAIN of these, and PRAGMAs that list")

// explained is the beginning of an EXPLAIN, up to the statement that it is of.
// Options that are none of these make that no statement.
var explained = regexp.MustCompile(`(?is)^(?:\s|--[^\n]*\n|/\*.*?\*/)*` +
	`explain\b(\s+analy[sz]e\b)?(\s*\(\s*(?:analy[sz]e|format\s+\w+)(?:\s*,\s*(?:analy[sz]e|format\s+\w+))*\s*\))?\s*(.*)$`)

// reading is the query as it may be run: one statement that only reads, by
// what DuckDB's own parser takes it for. A list of what may be done is short;
// nobody has a full one of what may not.
func reading(c *duckdb.Conn, query string) (string, error) {
	query = strings.TrimRight(query, "; \t\r\n")
	kind, err := kindOf(c, query)
	if err != nil {
		return "", err
	}
	switch kind {
	case duckdb.STATEMENT_TYPE_SELECT: // DuckDB makes SHOW, DESCRIBE, SUMMARIZE and PRAGMAs that list to one
		return query, nil
	case duckdb.STATEMENT_TYPE_EXPLAIN:
		// Its type says nothing of the statement in it, which EXPLAIN ANALYZE
		// runs. So that one is looked at by itself, and put together again.
		m := explained.FindStringSubmatch(query)
		if m == nil {
			return "", fmt.Errorf("%w; an EXPLAIN is to begin with that word", ErrNotReading)
		}
		inner, err := kindOf(c, m[3])
		if err != nil {
			return "", err
		}
		if inner == duckdb.STATEMENT_TYPE_SELECT {
			return "explain" + m[1] + m[2] + " " + m[3], nil
		}
	}
	return "", ErrNotReading
}

// kindOf is the type of the only statement in the query. Prepare runs nothing,
// unlike PrepareContext, which runs all but the last of several.
func kindOf(c *duckdb.Conn, query string) (duckdb.StmtType, error) {
	s, err := c.Prepare(query)
	if err != nil {
		if strings.Contains(err.Error(), "multi-statement") { // the driver's advice is for programmers
			return 0, errors.New("more than one statement; give one at a time, and name the values of a PIVOT with IN")
		}
		return 0, err
	}
	defer s.Close()
	if s.NumInput() > 0 {
		return 0, errors.New("the query has parameters; write the values into it")
	}
	return s.(*duckdb.Stmt).StatementType()
}
