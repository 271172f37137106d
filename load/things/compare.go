package things

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var (
	// All statements of things of which something differs.
	keepDisputed = database.Parse(`create or replace table {{.disputed}} as
select s.*{{.flags}}
from {{.statements}} s
join {{.merged}} m on m._thing = s._thing
join {{.about}} a on a._thing = s._thing
where {{.any}}`)
	// What each source says of a field: what would win if it were alone.
	saidBySource = database.Parse(`select _thing, {{.place}} as place, {{.name}} as name, _teller, cast(to_json(said) as varchar) as said, {{.folded}} as folded
    from (select _thing, _teller, {{.winner}} as said from {{.disputed}} where {{.differs}} group by _thing, _teller)
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
    from told join sources on nth = _teller
    group by _thing, place, name
    having min(folded) <> max(folded)
)
select _thing, cast('{' || string_agg(to_json(name) || ':{' || told || '}', ',' order by place) || '}' as json) as disagreements
from fields
group by _thing`)
	// Each member is that of the strongest statement that has it. The order of the members
	// must not depend on which is the strongest, or a row would change that says the same.
	unite = database.Parse(`create or replace table {{.unions}} as
select _thing, cast('{' || string_agg(to_json(key) || ':' || value, ',' order by key) || '}' as json) as {{.field}}
from (
    select d._thing, e.key, arg_min(e.value, d._nth) as value
    from {{.disputed}} d, json_each(d.{{.field}}) e
    where d.{{.differs}} and e.type <> 'NULL'
        and d._thing not in (select _thing from {{.disputed}} where json_type({{.field}}) <> 'OBJECT')
    group by d._thing, e.key
)
group by _thing`)
)

// folded is a value as it is compared: how a text is written in capitals or padded with
// blanks is no difference.
func folded(f *schemas.Field, value database.SQL) database.SQL {
	if f.Type == schemas.Text || f.Type == schemas.Email {
		return "lower(trim(" + value + "))"
	}
	return "cast(" + value + " as varchar)"
}

// compareSources finds what sources disagree on, and unites objects that differ.
func (m *maker) compareSources(ctx context.Context, t *schemas.Table) error {
	v := database.Values{"disputed": disputed, "merged": merged, "about": about, "tellers": tellers, "apart": apart, "unions": unions, "statements": statements(t, "> 0")}
	var any, told []database.SQL
	var flags database.SQL
	for place, f := range mergedFields(t) {
		d := differs(f)
		differing := "m." + d
		switch {
		case f.Merge == schemas.Union:
			v["field"], v["differs"] = database.Ident(f.Name), d
		case compared(f):
			differing += " and bit_count(a._tellers) > 1"
			told = append(told, saidBySource.Fill(database.Values{"disputed": disputed, "place": place, "name": f.Name, "winner": winner(t, f), "differs": d, "folded": folded(f, "said")}))
		default:
			continue
		}
		any = append(any, differing)
		flags += ", " + differing + " as " + d
	}
	v["flags"], v["any"], v["told"] = flags, database.Join(any, " or "), database.Join(told, "\n    union all ")
	for _, query := range []database.SQL{keepDisputed.Fill(v), listDisagreements.Fill(v), unite.Fill(v)} {
		if _, err := m.db.Exec(ctx, query); err != nil {
			return err
		}
	}
	m.step("sources compared", "table", t.Name)
	return nil
}
