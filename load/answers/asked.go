package answers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// effective are two common table expressions that follow the CTEs starts (with a column
// start) and targets (with a column node). effective has one row for each privilege and each
// combination of the given columns, which are columns of starts and targets. It considers
// all walks: one that denies takes precedence over those that allow, a shorter one over a
// longer. length is twice the number of hops, or 3 if that number is not known, as such a
// walk has at least 2 hops.
var effective = database.Parse(`walks as (
    select {{.columns}}, e.privilege, not e.is_denied as allows, 2 as length, e.is_direct is not distinct from false as is_told_otherwise, [e.grant_key] as path
    from starts s
    join closure.edges e on e.principal = s.start
    join targets t on t.node = e.target
    union all
    select {{.columns}}, l.privilege, not l.is_denied, coalesce(2 * (c.hops + 2), 3), false,
        case when c.path is not null then [f.grant_key] || c.path || [l.grant_key] end
    from starts s
    join closure.edges f on f.principal = s.start
    join closure.reach c on c.holder = f.opens
    join closure.edges l on l.holder = c.via
    join targets t on t.node = l.target
),
effective as (
    select * exclude (walk, way), case when walk.allows then 'allow' else 'deny' end as effect,
        walk.length = 2 and not walk.is_told_otherwise as is_direct,
        case when walk.length <> 3 then walk.length // 2 end as hops,
        case when walk.length <> 3 then way end as path
    from (
        select {{.columns}}, privilege,
            min({'allows': allows, 'length': length, 'is_told_otherwise': is_told_otherwise}) as walk,
            min({'allows': allows, 'length': length, 'path': path}).path as way
        from walks
        group by {{.columns}}, privilege
    )
)`)

// names is a query of the names of all things, in columns kind, key and name.
const names database.SQL = `select 'identity' as kind, identity_key as key, coalesce(display_name, email, username) as name from main.identities
    union all select 'account', account_key, coalesce(username, email, display_name) from main.accounts
    union all select 'application', application_key, name from main.applications
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
