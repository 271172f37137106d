package things

import (
	"context"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// determined are the columns that the key of a row determines.
func determined(t *schemas.Table) []string {
	if schemas.IsThing(t.Name) || t.Key == "" {
		return nil
	}
	return t.Needs // see [edgeKey]
}

// fingerprint is the expression for the hash of a row: of each column that is not NULL its
// name, with a text's length before it. So no two rows that differ have the same text to be
// hashed, and a column that a later program adds changes nothing where it is NULL. Columns
// that the others determine are left out.
func fingerprint(layout *database.Table, determined ...string) database.SQL {
	without := notHashed(determined)
	var parts []database.SQL
	for _, c := range layout.Columns {
		if !slices.Contains(without, c.Name) {
			parts = append(parts, hashed(c)...)
		}
	}
	return "cast(md5(concat(" + database.Join(parts, ", ") + ")) as uuid)"
}

// notHashed are the columns that do not count in the fingerprint of a row.
func notHashed(determined []string) []string {
	return append(slices.Clone(determined), "source_count", "first_seen_at", "_valid_from", schemas.HashColumn)
}

// hashed are the texts of a column that go into the hash of its row, all NULL where it is. They
// are short, as DuckDB copies a text for each || in which it is.
func hashed(c database.Column) []database.SQL {
	name, is := database.Ident(c.Name), database.Text(c.Name+"=")
	value := name
	switch c.Type {
	case "BOOLEAN":
		return []database.SQL{"case " + name + " when true then " + database.Text(c.Name+"=true;") + " when false then " + database.Text(c.Name+"=false;") + " end"}
	case "TIMESTAMPTZ":
		return []database.SQL{is + " || epoch_us(" + name + ") || ';'"}
	case "VARCHAR":
	case "JSON":
		value = "cast(" + name + " as varchar)"
	case "VARCHAR[]":
		value = "cast(to_json(" + name + ") as varchar)"
	default:
		return []database.SQL{is + " || cast(" + name + " as varchar) || ';'"}
	}
	return []database.SQL{is + " || strlen(" + value + ") || ':'", value}
}

var (
	isHashedOtherwise = database.Parse(`select count(*) from (from {{.table}} limit 1) where {{.hash}} is distinct from {{.fingerprint}}`)
	hashAnew          = database.Parse(`update {{.table}} set {{.hash}} = {{.fingerprint}}`)
)

// rehash gives the rows of a table the fingerprints that this program makes, if another one
// made them otherwise: else each row would seem to have changed. All of a table is hashed one way, as
// this comes before a part of it is made.
func (m *maker) rehash(ctx context.Context, layout *database.Table, v database.Values) error {
	v["fingerprint"] = fingerprint(layout, determined(m.Set.Common.Table(layout.Name))...)
	n, err := m.db.Count(ctx, isHashedOtherwise.Fill(v))
	if err != nil || n == 0 {
		return err
	}
	return m.db.InTx(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, hashAnew.Fill(v))
		return err
	})
}
