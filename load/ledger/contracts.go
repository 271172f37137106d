package ledger

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// WriteContracts makes meta.datasets and meta.column_map anew from the contracts.
func WriteContracts(ctx context.Context, t *database.Tx, set *schemas.Set) error {
	var datasets, columns []database.SQL
	for _, c := range set.All() {
		datasets = append(datasets, tuple(c.Dataset, c.Vendor(), c.Grain, string(c.Documented), c.Doc, string(c.Mode), c.Typed(), c.Fingerprint))
		columns = append(columns, columnMap(c, set.Common)...)
	}
	err := Replace(ctx, t, "meta.datasets (dataset, vendor, grain, documented, doc_url, mode, is_typed, contract)", datasets)
	if err != nil {
		return err
	}
	return Replace(ctx, t, "meta.column_map (dataset, vendor_column, contract_column, path, target_table, target_column, rule, condition, choice)", columns)
}

// Replace makes the rows of a table anew. table names its columns too, and each
// row is a list of values in parentheses.
func Replace(ctx context.Context, t *database.Tx, table database.SQL, rows []database.SQL) error {
	name, _, _ := strings.Cut(string(table), " ")
	if _, err := t.Exec(ctx, "delete from "+database.SQL(name)); err != nil || len(rows) == 0 {
		return err
	}
	_, err := t.Exec(ctx, "insert into "+table+" values "+database.Join(rows, ",\n"))
	return err
}

// tuple is a row of literals; an empty text and the number 0 are NULL.
func tuple(values ...any) database.SQL {
	out := make([]database.SQL, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			out[i] = "NULL"
			if v != "" {
				out[i] = database.Text(v)
			}
		case int:
			out[i] = "NULL"
			if v != 0 {
				out[i] = database.SQL(strconv.Itoa(v))
			}
		case bool:
			out[i] = database.SQL(strconv.FormatBool(v))
		default:
			panic(fmt.Sprintf("%T in a row of literals", v))
		}
	}
	return "(" + database.Join(out, ", ") + ")"
}

// columnMap is the rows of meta.column_map for one contract: each column into
// the vendor table, then each way into the common model.
func columnMap(c *schemas.Contract, common *schemas.Common) []database.SQL {
	var rows []database.SQL
	for _, col := range c.Columns {
		rows = append(rows, tuple(c.Dataset, delivered(&col), col.Name, "", "", "", "copy", "", 0))
	}
	for _, m := range c.Mappings(common) {
		vendor := ""
		if col := c.Column(m.Column); col != nil {
			vendor = delivered(col)
		}
		rows = append(rows, tuple(c.Dataset, vendor, m.Column, m.Path.String(), m.Table, m.Target, m.Rule, m.When, m.Choice))
	}
	return rows
}

func delivered(c *schemas.Column) string {
	if len(c.From) > 0 {
		return c.From[0]
	}
	return ""
}
