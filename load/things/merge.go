package things

import (
	"context"
	"strings"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// merge makes a table of things, or of edges that exports state. It returns how many
// statements have no place in it.
func (m *maker) merge(ctx context.Context, t *schemas.Table, layout *database.Table) (n apply.Counts, unplaced int64, err error) {
	if unplaced, err = m.mergeStatements(ctx, t); err != nil {
		return n, unplaced, err
	}
	if schemas.IsThing(t.Name) && unplaced > 0 {
		return n, unplaced, &UnlinkedError{t.Name, unplaced}
	}
	if err := m.compareSources(ctx, t); err != nil {
		return n, unplaced, err
	}
	n, err = m.put(ctx, layout, []string{t.Key}, m.rows(t, layout))
	return n, unplaced, err
}

var (
	mergeTold = database.Parse(`create or replace table {{.merged}} as
select _thing, {{.columns}},{{.differ}}
    bitstring_agg(_nth, 0, {{.last}}) as _sources, bool_or(_is_described) as _is_described, min(_first_seen) as _first_seen, count(*) filter (_is_told) as _told
from (
{{.told}}
)
group by _thing`)
	countUnplaced = database.Parse(`select (select count(*) from observed.{{.table}}) - (select coalesce(sum(_told), 0) from {{.merged}})`)
)

// mergeStatements makes one row for each thing, with a column "<field> differs" for each
// field of which statements differ; NULL where none tells the field.
func (m *maker) mergeStatements(ctx context.Context, t *schemas.Table) (unplaced int64, err error) {
	var columns []database.SQL
	var differ database.SQL
	for _, f := range mergedFields(t) {
		columns = append(columns, winner(f)+" as "+database.Ident(f.Name))
		if compared(t, f) || f.Merge == schemas.Union {
			differ += valueDiffers.Fill(database.Values{"value": database.Ident(f.Name), "as": differs(f)})
		}
	}
	v := database.Values{"table": database.Ident(t.Name), "merged": merged, "told": m.told(t), "columns": database.Join(columns, ", "), "differ": differ, "last": max(m.sources-1, 0)}
	if _, err := m.db.Exec(ctx, mergeTold.Fill(v)); err != nil {
		return 0, err
	}
	m.step("statements merged", "table", t.Name)
	return m.db.Count(ctx, countUnplaced.Fill(v))
}

// hash is NULL for NULL neither of the value nor of what it is made of, hence the case.
var valueDiffers = database.Parse(`
    min(case when {{.value}} is not null then hash({{.value}}) end) <> max(case when {{.value}} is not null then hash({{.value}}) end) as {{.as}},`)

// mergedFields are the fields that a thing has from its statements.
func mergedFields(t *schemas.Table) (out []*schemas.Field) {
	for i := range t.Fields {
		if f := &t.Fields[i]; f.Name != t.Key && f.Merge != schemas.None && !isOwner(t, f) {
			out = append(out, f)
		}
	}
	return out
}

// isOwner tells whether a field is to whom an account belongs, which meta.account_owners say.
func isOwner(t *schemas.Table, f *schemas.Field) bool {
	return t.Name == "accounts" && f.Name == "identity_key"
}

// compared tells whether sources that differ in a field disagree: keys, the vendors' own words
// and whole objects differ anyway.
func compared(t *schemas.Table, f *schemas.Field) bool {
	return f.Type != schemas.JSON && f.Name != t.Key && f.Refers == "" && f.RefersBy == "" && !strings.HasSuffix(f.Name, "_raw")
}

func differs(f *schemas.Field) database.SQL { return database.Ident(f.Name + " differs") }

// winner is the aggregate by which the values of a field become one. NULL never wins.
func winner(f *schemas.Field) database.SQL {
	name := database.Ident(f.Name)
	switch f.Merge {
	case schemas.AnyOf:
		return "bool_or(" + name + ")"
	case schemas.Max:
		return "max(" + name + ")"
	case schemas.Min:
		return "min(" + name + ")"
	}
	return "arg_max(" + name + ", _rank)"
}

// folded is a value as it is compared: how a text is written in capitals or padded with
// blanks is no difference.
func folded(f *schemas.Field, value database.SQL) database.SQL {
	if f.Type == schemas.Text || f.Type == schemas.Email {
		return "lower(trim(" + value + "))"
	}
	return "cast(" + value + " as varchar)"
}

var (
	// All that is told about things of which something differs.
	keepDisputed = database.Parse(`create or replace table {{.disputed}} as
select t.*,{{.flags}} m._sources
from (
{{.told}}
) t
join {{.merged}} m on m._thing = t._thing
where {{.any}}`)
	// What each source says of a field: what would win if it were alone.
	saidBySource = database.Parse(`select _thing, {{.place}} as place, {{.name}} as name, _nth, cast(to_json(said) as varchar) as said, {{.folded}} as folded
    from (select _thing, _nth, {{.winner}} as said from {{.disputed}} where {{.differs}} and bit_count(_sources) > 1 group by _thing, _nth)
    where said is not null`)
	listDisagreements = database.Parse(`create or replace table {{.apart}} as
with sources as (
    select distinct nth, source from {{.tellers}}
),
told as (
    {{.told}}
),
fields as (
    select _thing, place, name, string_agg(to_json(source) || ':' || said, ',' order by source) as told
    from told join sources on nth = _nth
    group by _thing, place, name
    having min(folded) <> max(folded)
)
select _thing, '{' || string_agg(to_json(name) || ':{' || told || '}', ',' order by place) || '}' as disagreements
from fields
group by _thing`)
	// Each member is that of the strongest statement that has it. The order of the members
	// must not depend on which is the strongest, or a row would change that says the same.
	unite = database.Parse(`create or replace table {{.unions}} as
select _thing, cast('{' || string_agg(to_json(key) || ':' || value, ',' order by key) || '}' as json) as {{.field}}
from (
    select d._thing, e.key, arg_max(e.value, d._rank) as value
    from {{.disputed}} d, json_each(d.{{.field}}) e
    where d.{{.differs}} and e.type <> 'NULL'
        and d._thing not in (select _thing from {{.disputed}} where json_type({{.field}}) <> 'OBJECT')
    group by d._thing, e.key
)
group by _thing`)
)

// compareSources finds what sources disagree on, and unites objects that differ.
func (m *maker) compareSources(ctx context.Context, t *schemas.Table) error {
	v := database.Values{"disputed": disputed, "merged": merged, "tellers": tellers, "apart": apart, "unions": unions, "told": m.told(t)}
	var any, told []database.SQL
	var flags database.SQL
	for place, f := range mergedFields(t) {
		d := differs(f)
		switch {
		case f.Merge == schemas.Union:
			any = append(any, "m."+d)
			v["field"], v["differs"] = database.Ident(f.Name), d
		case compared(t, f):
			any = append(any, "m."+d+" and bit_count(m._sources) > 1")
			told = append(told, saidBySource.Fill(database.Values{"disputed": disputed, "place": place, "name": f.Name, "winner": winner(f), "differs": d, "folded": folded(f, "said")}))
		default:
			continue
		}
		flags += " m." + d + ","
	}
	v["flags"], v["any"] = flags, database.Join(any, " or ")
	if _, err := m.db.Exec(ctx, keepDisputed.Fill(v)); err != nil {
		return err
	}
	v["told"] = database.Join(told, "\n    union all ")
	if _, err := m.db.Exec(ctx, listDisagreements.Fill(v)); err != nil {
		return err
	}
	if _, err := m.db.Exec(ctx, unite.Fill(v)); err != nil {
		return err
	}
	m.step("sources compared", "table", t.Name)
	return nil
}
