package answers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// effective are two common table expressions, of which effective has one row for each
// privilege and each combination of the given columns, which are columns of the queries
// starts (with a column start) and targets (with a column node). It considers all walks: one
// that denies takes precedence over those that allow, a shorter one over a longer.
//
// The two queries stand in it twice: DuckDB materializes a common table expression that is
// named twice, with all its columns, forgets in a view that it should not, and then makes all
// columns of what is above it too, though somebody only counts rows.
//
// The rank of a walk is a number, as these are compared in a fraction of the time of structs:
// four times its hops, or 6 if their number is not known, as such a walk has at least 2; 1
// more if a vendor says that the access comes through something else; and 1 << 40 more if
// the walk allows. Whoever only counts what is allowed has DuckDB make no paths.
var effective = database.Parse(`walks as (
    select {{.columns}}, e.privilege, case when e.is_denied then 0 else 1::bigint << 40 end + case when e.is_direct is not distinct from false then 5 else 4 end as rank,
        [e.grant_key] as path, null::uinteger as holder, null::uinteger as via
    from ({{.starts}}) s
    join closure.edges e on e.principal = s.start
    join ({{.targets}}) t on t.node = e.target
    union all
    select {{.columns}}, l.privilege, case when l.is_denied then 0 else 1::bigint << 40 end + coalesce(4 * (c.hops::bigint + 2), 6),
        case when c.path is not null then [f.grant_key] || c.path || [l.grant_key] end, c.holder, c.via
    from ({{.starts}}) s
    join closure.edges f on f.principal = s.start
    join closure.reach c on c.holder = f.opens
    join closure.edges l on l.holder = c.via
    join ({{.targets}}) t on t.node = l.target
    where l.holder is not null -- blocks that have none are not read
),
effective as (
    select {{.columns}}, privilege, case when rank >= 1::bigint << 40 then 'allow' else 'deny' end as effect, cost = 4 as is_direct,
        case when cost <> 6 then (cost // 4)::integer end as hops, case when cost <> 6 then way.path end as path, way.holder, way.via
    from (
        select *, rank % (1::bigint << 40) as cost
        from (
            select {{.columns}}, privilege, min(rank) as rank, min({'rank': rank // 2, 'path': path, 'holder': holder, 'via': via}) as way
            from walks
            group by {{.columns}}, privilege
        )
    )
)`)

// held are common table expressions, of which held has what people have of the things that a
// query finds (with columns node, kind and key): one row for each identity, the account by which
// it has the thing (NULL for none) and privilege. Walks are not told apart, and have no paths,
// as one of the things may be what everybody has. Where one walk of a start denies a privilege,
// it is denied; accounts in which nobody can log in do not count.
var held = database.Parse(`held_lasts as materialized (
    select t.kind, t.key, e.principal, e.privilege, e.is_denied, e.holder from ({{.targets}}) t join closure.edges e on e.target = t.node
),
held_ways as (
    select principal, kind, key, privilege, is_denied from held_lasts
    union all
    select f.principal, l.kind, l.key, l.privilege, l.is_denied
    from held_lasts l
    join closure.reach c on c.via = l.holder
    join closure.edges f on f.opens = c.holder
    where f.holder is null
),
held_starts as (
    select s.start, s.identity_key, s.account_key
    from closure.starts s
    left join main.accounts a on a.account_key = s.account_key
    where s.identity_key is not null and (s.account_key is null or {{.can_login}})
),
held as (
    select s.identity_key, s.account_key, r.kind, r.key, r.privilege
    from (
        select principal, kind, key, privilege from held_ways group by principal, kind, key, privilege having not bool_or(is_denied)
    ) r
    join held_starts s on s.start = r.principal
)`)

// alike is a query of people who have not left, each with how many have the same department,
// title and manager, this person included, and by which of these the person is judged: the first
// that enough have.
var alike = database.Parse(`select *, case when department_count >= {{.enough}} then 'department' when title_count >= {{.enough}} then 'title' when manager_count >= {{.enough}} then 'manager' end as judged_by
    from (
        select identity_key, display_name, department, title, manager_identity_key,
            case when department is not null then count(*) over (partition by department) end as department_count,
            case when title is not null then count(*) over (partition by title) end as title_count,
            case when manager_identity_key is not null then count(*) over (partition by manager_identity_key) end as manager_count
        from main.identities
        where (kind is null or kind not in ('service', 'machine')) and not {{.ended}}
    )`)

// targets is a query of all that somebody may have, for [effective]. People and accounts are
// many, and seldom what is granted: they are looked up only where they are. A list makes
// DuckDB expect few of them.
const targets database.SQL = `select n.node, n.application_key, p.name as application_name, n.kind as target_kind, n.key as target_key, t.name as target_name
    from closure.nodes n
    left join (` + thingNames + `) t on t.key = n.key and t.kind = n.kind
    left join main.applications p on p.application_key = n.application_key
    where n.kind not in ('account', 'identity')
    union all
    select n.node, n.application_key, p.name, n.kind, n.key, coalesce(a.username, a.email, a.display_name, i.display_name, i.email, i.username)
    from (select unnest(list(distinct target)) as node from closure.edges) e
    join closure.nodes n on n.node = e.node
    left join main.accounts a on a.account_key = n.key and n.kind = 'account'
    left join main.identities i on i.identity_key = n.key and n.kind = 'identity'
    left join main.applications p on p.application_key = n.application_key
    where n.kind in ('account', 'identity')`

// names is a query of the names of all things, in columns kind, key and name.
const names database.SQL = `select 'identity' as kind, identity_key as key, coalesce(display_name, email, username) as name from main.identities
    union all select 'account', account_key, coalesce(username, email, display_name) from main.accounts
    union all ` + thingNames

// thingNames leaves out people and accounts, of which there are many.
const thingNames database.SQL = `select 'application' as kind, application_key as key, name from main.applications
    union all select 'group', group_key, name from main.groups
    union all select 'role', role_key, name from main.roles
    union all select 'entitlement', entitlement_key, coalesce(name, value) from main.entitlements
    union all select 'resource', resource_key, name from main.resources`

var identitiesOf = database.Parse(`select i.identity_key as key from main.identities i where i.identity_key = {{.arg}} or i.email = lower(trim({{.arg}}))
    union select a.identity_key from meta.addresses a where a.email = lower(trim({{.arg}}))`)

// identitiesThen also looks among identities that no longer exist.
var identitiesThen = database.Parse(`{{.now}}
    union select h.identity_key from history.identities h where h.identity_key = {{.arg}} or h.email = lower(trim({{.arg}}))`)

// identity is a query of the identities that an argument can mean, by key or by address.
func identity(arg string) database.SQL {
	return identitiesOf.Fill(database.Values{"arg": said(arg)})
}

func identityThen(arg string) database.SQL {
	return identitiesThen.Fill(database.Values{"now": identity(arg), "arg": said(arg)})
}

// said is an argument with an empty text, which is nobody's, in place of NULL, which the
// guard refuses. If it stayed NULL, DuckDB would see that there are no rows, and would never
// evaluate the guard.
func said(arg string) database.SQL { return "coalesce(" + database.SQL(arg) + ", '')" }

// about is a query of the applications, also those that only grants name, and the identities
// that have a key.
func about(arg string) database.SQL {
	return aboutOf.Fill(database.Values{"arg": database.SQL(arg)})
}

var aboutOf = database.Parse(`select application_key as key from main.applications where application_key = {{.arg}}
    union select n.application_key from closure.nodes n where n.application_key = {{.arg}}
    union select identity_key from main.identities where identity_key = {{.arg}}`)

// target is a query of the things that have a key, including those that only grants name.
func (m Model) target(arg string) database.SQL {
	all := database.SQL("select n.key from closure.nodes n where n.key = ") + database.SQL(arg)
	for _, t := range m.Set.Common.Tables {
		if schemas.IsThing(t.Name) {
			key := database.Ident(t.Key)
			all += "\n    union select " + key + " from " + database.Name(database.ThingsSchema, t.Name) + " where " + key + " = " + database.SQL(arg)
		}
	}
	return all
}

// refuseUnlessOne adds the refusals of a macro that is asked about one thing, for its
// argument arg, which must not be a moment. It returns what they read besides the ledger.
func (m Model) refuseUnlessOne(o objects.Object, arg string, refuse func(when database.SQL, why string)) (from database.SQL) {
	name := qualified(o)
	found := identity(arg)
	switch arg {
	case "about":
		found = about(arg)
	case "campaign_name":
		found = "select distinct r.campaign as key from main.reviews r where r.campaign = " + database.SQL(arg)
	}
	several := "several identities have this address; give the key of one: select identity_key, display_name, status from identities where email = 'ADDRESS'"
	switch {
	case arg == "target":
		found = m.target(arg)
	case slices.Contains(args(o), "ts"):
		found = identityThen(arg)
		several = "several identities have or had this address; give the key of one: select identity_key, display_name, _valid_from, _valid_to from history.identity_versions where email = 'ADDRESS'"
	}
	asked := database.SQL("asked_" + arg)
	from = "(select count(*) as number from (" + found + ")) " + asked
	isOld := database.SQL("exists (from meta.key_changes k where k.old_key = " + arg + ")")
	none := asked + ".number = 0"
	refuse(database.SQL(arg)+" is null", fmt.Sprintf("%s: %s is NULL; give a key", name, arg))
	refuse(none+" and "+isOld, fmt.Sprintf("%s: no thing has this key any more; meta.key_changes has it as old_key: ask for the new_key beside it", name))
	if arg == "target" {
		refuse(none, name+": no thing has this key; look for it by name, as in: select entitlement_key, name from entitlements where name ilike '%NAME%'")
		return from
	}
	if arg == "campaign_name" {
		refuse(none, name+": no review names this campaign; look for it, as in: select distinct source, campaign from reviews")
		return from
	}
	if arg == "about" {
		refuse("exists (from main.applications p where p.application_key = "+database.SQL(arg)+") and not exists (from closure.nodes n where n.application_key = "+database.SQL(arg)+")",
			name+": no export lists who has what in this application; report.coverage says which exports there are")
		refuse(none, name+": no application and no identity has this key; look for it by name, as in: select application_key, name from applications where name ilike '%NAME%'")
		return from
	}
	refuse(none, name+": no identity has this key or address; look for it by name, as in: select identity_key, display_name, email from identities where display_name ilike '%NAME%'")
	refuse(asked+".number > 1", name+": "+several)
	return from
}

// args are the names of the arguments of a macro.
func args(o objects.Object) (out []string) {
	for arg := range strings.SplitSeq(o.Args, ",") {
		if arg = strings.TrimSpace(arg); arg != "" {
			out = append(out, arg)
		}
	}
	return out
}
