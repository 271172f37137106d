package load

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// writeContracts makes meta.datasets and meta.column_map anew from the contracts.
func (w *Work) writeContracts(ctx context.Context, t *tx) error {
	var datasets, columns []string
	for _, c := range w.opt.Set.All() {
		datasets = append(datasets, tuple(c.Dataset, c.Vendor(), c.Grain, string(c.Documented), c.Doc, string(c.Mode), c.Typed(), c.Fingerprint))
		columns = append(columns, columnMap(c)...)
	}
	err := replaceRows(ctx, t, "meta.datasets (dataset, vendor, grain, documented, doc_url, mode, is_typed, contract)", datasets)
	if err != nil {
		return err
	}
	return replaceRows(ctx, t, "meta.column_map (dataset, vendor_column, contract_column, target_table, target_column, rule)", columns)
}

func replaceRows(ctx context.Context, t *tx, table string, rows []string) error {
	name, _, _ := strings.Cut(table, " ")
	if _, err := t.exec(ctx, "delete from "+name); err != nil || len(rows) == 0 {
		return err
	}
	_, err := t.exec(ctx, "insert into "+table+" values "+strings.Join(rows, ",\n"))
	return err
}

// tuple is a row of literals; an empty text is NULL.
func tuple(values ...any) string {
	out := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			out[i] = "NULL"
			if v != "" {
				out[i] = text(v)
			}
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// columnMap is the rows of meta.column_map for one contract: each column into
// the vendor table, then each use of a column in an emit.
func columnMap(c *schemas.Contract) []string {
	var rows []string
	for _, col := range c.Columns {
		rows = append(rows, tuple(c.Dataset, delivered(&col), col.Name, "", "", "copy"))
	}
	for _, e := range c.Emit {
		for _, a := range e.Set {
			rule := describe(&a.Value)
			used := uses(&a.Value)
			if len(used) == 0 {
				rows = append(rows, tuple(c.Dataset, "", "", e.Table, a.Target, rule))
			}
			for _, name := range used {
				vendor := ""
				if name == schemas.Item && e.Each != nil {
					if from := uses(e.Each); len(from) > 0 {
						name = from[0]
					}
				}
				if col := c.Column(name); col != nil {
					vendor = delivered(col)
				}
				rows = append(rows, tuple(c.Dataset, vendor, name, e.Table, a.Target, rule))
			}
		}
	}
	return rows
}

func delivered(c *schemas.Column) string {
	if len(c.From) > 0 {
		return c.From[0]
	}
	return ""
}

// uses lists the contract columns that x reads, each once.
func uses(x *schemas.Expr) []string {
	seen := map[string]bool{}
	var out []string
	add := func(names ...string) {
		for _, n := range names {
			if n != "" && !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	add(x.Column)
	add(x.Object...)
	for i := range x.First {
		add(uses(&x.First[i])...)
	}
	for i := range x.Of {
		add(uses(&x.Of[i])...)
	}
	return out
}

// describe is a rule in words.
func describe(x *schemas.Expr) string {
	switch {
	case x.Const != nil:
		return "const " + *x.Const
	case x.Key != "":
		return "key <source>:" + x.Key + ":" + list(x.Of)
	case x.First != nil:
		return "first " + list(x.First)
	case x.Object != nil:
		return "object " + strings.Join(x.Object, ", ")
	}
	out := "copy"
	if x.Path != nil {
		out = "path " + x.Path.String()
	}
	if x.Values != nil {
		words, err := json.Marshal(x.Values) // keys come sorted
		if err != nil {
			panic(err) // a map of strings
		}
		out = strings.TrimPrefix(out+" values "+string(words), "copy ")
	}
	return out
}

func list(of []schemas.Expr) string {
	var names []string
	for i := range of {
		n := of[i].Column
		if of[i].Path != nil {
			n += "." + of[i].Path.String()
		}
		if n == "" {
			n = "(" + describe(&of[i]) + ")"
		}
		names = append(names, n)
	}
	return strings.Join(names, ", ")
}

// sortedKeys lists the exports of the run in a fixed order.
func (w *Work) sortedKeys() []exportKey {
	keys := make([]exportKey, 0, len(w.exports))
	for k := range w.exports {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].source != keys[j].source {
			return keys[i].source < keys[j].source
		}
		return keys[i].dataset < keys[j].dataset
	})
	return keys
}
