package sod

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	objects "github.com/accessmart/accessmart/sql"
)

// A key that is no more means the thing that has another one now: see meta.current_keys.
var matches = database.Parse(`select p.rule_key, p.side, p.position, p.line, p.pattern, t.kind as target_kind, t.key as target_key, t.name as target_name, t.application_key, t.application_name,
        case when t.key <> p.key then p.key when t.application_key = p.application_now then p.application_like end as old_key
    from (
        select p.*, k.key as key_now, a.key as application_now
        from {{.patterns}} p
        left join {{.current}} k on k.old_key = p.key and k.kind in ('entitlements', 'roles', 'groups')
        left join {{.current}} a on a.old_key = lower(p.application_like) and a.kind = 'applications'
    ) p
    left join (
        select x.kind, x.key, x.name, x.value, x.application_key, a.name as application_name, a.app
        from (
            select 'entitlement' as kind, entitlement_key as key, coalesce(name, value) as name, value, application_key from main.entitlements
            union all select 'role', role_key, name, null, application_key from main.roles
            union all select 'group', group_key, name, null, application_key from main.groups
        ) x
        left join main.applications a on a.application_key = x.application_key
    ) t on (p.kind is null or t.kind = p.kind) and (p.key is null or t.key = coalesce(p.key_now, p.key))
        and (p.name_like is null or t.name ilike p.name_like escape '\' or t.value ilike p.name_like escape '\')
        and (p.application_like is null or t.application_name ilike p.application_like escape '\' or t.app ilike p.application_like escape '\' or t.application_key ilike p.application_like escape '\' or t.application_key = p.application_now)`)

// Matches is a query of what patterns name: a row for each pattern and thing, and one without
// a thing for a pattern that names nothing. The patterns are rows of a relation with the
// columns of meta.sod_patterns.
func Matches(patterns database.SQL) database.SQL {
	return matches.Fill(database.Values{"patterns": patterns, "current": database.SQL(objects.CurrentKeys())})
}

var patternRow = database.Parse("({{.rule}}, {{.side}}, {{.position}}, {{.line}}, {{.pattern}}, nullif({{.application}}, ''), nullif({{.kind}}, ''), nullif({{.name}}, ''), nullif({{.key}}, ''))")

// rowsOf are the patterns of rules as rows of meta.sod_patterns.
func rowsOf(rules []Rule) (rows []database.SQL) {
	for i := range rules {
		for _, s := range rules[i].sides() {
			for n, p := range s.patterns {
				rows = append(rows, patternRow.Fill(database.Values{"rule": rules[i].Key(), "side": s.name, "position": n + 1, "line": p.Line, "pattern": p.String(),
					"application": like(p.Application), "kind": p.Kind, "name": like(p.Name), "key": p.Key}))
			}
		}
	}
	return rows
}

// Match is what a pattern names in a published file.
type Match struct {
	Rule     string // its name
	Side     string // left or right
	Line     int
	Pattern  string
	Count    int    // things
	Examples string // names of the first of them, with kind and application
	Both     int    // things that the other side names too
	Changed  string // how to name by their present keys what the pattern names by one that is no more; "" for nothing
}

var checked = database.Parse(`with found as ({{.matches}}),
both_sides as (
    select rule_key, target_key from found where target_key is not null group by rule_key, target_key having count(distinct side) = 2
)
select f.rule_key[6:], f.side, f.line, f.pattern, count(f.target_key),
    array_to_string(list_sort(list(distinct f.target_kind || ' ' || coalesce(f.target_name, f.target_key) || coalesce(' in ' || f.application_name, '')))[1:{{.most}}], ', '),
    count(b.target_key), coalesce(string_agg(distinct f.old_key || ' is now ' || case when f.old_key like 'application:%' then f.application_key else f.target_key end, ', ') filter (f.old_key is not null), '')
from found f left join both_sides b on b.rule_key = f.rule_key and b.target_key = f.target_key
group by f.rule_key, f.side, f.position, f.line, f.pattern
order by f.line, f.rule_key, f.side, f.position`)

// MaxExamples is how many names a [Match] has.
const MaxExamples = 3

// Check says what the patterns of rules name in a published file as it is.
func Check(ctx context.Context, f *read.File, rules []Rule) (out []Match, err error) {
	rows := rowsOf(rules)
	if len(rows) == 0 {
		return nil, nil
	}
	given := "(values " + database.Join(rows, ",\n") + ") as given(" + database.Idents(patterns.Names()) + ")"
	query := checked.Fill(database.Values{"matches": Matches("(select * from " + given + ")"), "most": MaxExamples})
	err = f.Each(ctx, string(query), func(row []read.Value) {
		out = append(out, Match{Rule: row[0].Text, Side: row[1].Text, Line: int(row[2].Int()), Pattern: row[3].Text, Count: int(row[4].Int()), Examples: row[5].Text, Both: int(row[6].Int()), Changed: row[7].Text})
	})
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return out, nil
}

// Idle are the sides of which no pattern names anything, as errors that name their lines.
func Idle(found []Match) (out []error) {
	type side struct{ rule, side string }
	counts, lines := map[side]int{}, map[side]int{}
	var order []side
	for _, m := range found {
		s := side{m.Rule, m.Side}
		if _, known := lines[s]; !known {
			order, lines[s] = append(order, s), m.Line
		}
		counts[s] += m.Count
	}
	for _, s := range order {
		if counts[s] == 0 {
			out = append(out, fmt.Errorf("rules file, line %d: the %s side of rule %q names nothing that the file has, so nobody can break it; look for names as in: select name from entitlements where name ilike '%%WORD%%'", lines[s], s.side, s.rule))
		}
	}
	return out
}
