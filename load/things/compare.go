package things

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var (
	// The things of which sources may disagree on something, each with a column
	// "<field> differs" for each field. They are few: only their statements are read.
	listDiffering = database.Parse(`create or replace table {{.differing}} as
select m._thing{{.flags}}
from {{.merged}} m
join {{.about}} a on a._thing = m._thing
where bit_count(a._tellers) > 1 and ({{.any}})`)
	// A key that no row has states no value.
	keepDisputed = database.Parse(`create or replace table {{.disputed}} as
select o._nth, o._teller{{.columns}}, d.*
from {{.differing}} d
join {{.values}} o on o._thing = d._thing
where o._id is not null`)
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
with told as (
    select o._thing, o._nth, o.{{.field}} as object
    from {{.merged}} m
    join {{.values}} o on o._thing = m._thing
    where m.{{.differs}} and o._id is not null
),
members as (
    select _thing, _nth, unnest(json_keys(object)) as key, unnest(json_extract(object, '$.*')) as value
    from told
    where _thing not in (select _thing from told where json_type(object) <> 'OBJECT')
),
strongest as (
    select _thing, key, arg_min(value, _nth) as value
    from members
    where value <> 'null'
    group by _thing, key
)
select _thing, cast('{' || array_to_string(list_sort(list(to_json(key) || ':' || value)), ',') || '}' as json) as {{.field}}
from strongest
group by _thing`)
)

// beginning is a text in the form of which another one, in that form, is the beginning
// where it says the same or less.
func beginning(text database.SQL) database.SQL { return spelling(text) + " || ','" }

// spelling is a text as it is compared: small letters, composed, without blanks around them.
func spelling(text database.SQL) database.SQL { return "lower(nfc_normalize(trim(" + text + ")))" }

// folded is what one source says of a thing, as said, in the form in which it is compared with
// what others say: how a text is written in capitals, composed of characters or padded with blanks is no difference,
// and what says less than the most that is said is the same as that.
func folded(f *schemas.Field) database.SQL {
	const value = "said"
	if f.Compare == schemas.Beginning {
		most := "max(" + beginning(value) + ") over (partition by _thing)"
		return "case when starts_with(" + most + ", " + beginning(value) + ") then " + most + " else " + beginning(value) + " end"
	}
	if f.Type == schemas.Text || f.Type == schemas.Email {
		return spelling(value)
	}
	return "cast(" + value + " as varchar)"
}

// compareSources finds what sources disagree on, and unites objects that differ.
func (m *maker) compareSources(ctx context.Context, t *schemas.Table) error {
	v := database.Values{"values": valued, "differing": differing, "disputed": disputed, "merged": merged, "about": about, "tellers": tellers, "apart": apart, "unions": unions}
	var any, told []database.SQL
	var flags, columns database.SQL
	for place, f := range mergedFields(t) {
		name, d := database.Ident(f.Name), differs(f)
		switch {
		case f.Merge == schemas.Union:
			v["field"], v["differs"] = name, d
		case compared(f):
			any = append(any, "m."+d)
			flags += ", m." + d
			columns += ", o." + name
			told = append(told, saidBySource.Fill(database.Values{"disputed": disputed, "place": place, "name": f.Name, "winner": winner(t, f), "differs": d, "folded": folded(f)}))
		}
	}
	v["flags"], v["any"], v["columns"], v["told"] = flags, database.Join(any, " or "), columns, database.Join(told, "\n    union all ")
	for _, query := range []database.SQL{listDiffering.Fill(v), keepDisputed.Fill(v), listDisagreements.Fill(v), unite.Fill(v)} {
		if _, err := m.db.Exec(ctx, query); err != nil {
			return err
		}
	}
	m.step("sources compared", "table", t.Name)
	return nil
}
