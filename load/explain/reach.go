package explain

import (
	"context"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
)

// Reach is what a person reaches in one application, in numbers.
type Reach struct {
	Application    string   `json:"application"` // "" for what is in none, such as business roles
	ApplicationKey string   `json:"application_key,omitempty"`
	Accounts       int64    `json:"accounts"` // that the person uses there, whether they reach anything or not
	Groups         int64    `json:"groups"`
	Roles          int64    `json:"roles"`
	Entitlements   int64    `json:"entitlements"`
	Resources      int64    `json:"resources"`
	Denied         int64    `json:"denied"` // targets of which a privilege is denied
	Example        string   `json:"example,omitempty"`
	Sources        []string `json:"sources"` // that tell grants about the application
}

// Overview is what a person reaches, by application.
type Overview struct {
	Person       find.Thing `json:"person"`
	AsOf         time.Time  `json:"as_of"`
	Applications []Reach    `json:"applications"`
}

var reachOf = database.Parse(`with had as materialized (
    select application_key, target_kind, target_key, bool_or(effect = 'allow') as allows, bool_or(effect = 'deny') as denies, max(hops) as hops
    from access_of({{.person}})
    group by all
),
used as (
    select a.application_key, count(*) as accounts
    from main.identity_accounts u
    join main.accounts a on a.account_key = u.account_key
    where u.identity_key = {{.person}} and u.relation is distinct from 'owns'
    group by all
),
told as (
    select application_key, list_sort(list_distinct(flatten(list(sources)))) as sources from main.grants group by application_key
),
counted as (
    select application_key,
        count(*) filter (allows and target_kind = 'group') as groups, count(*) filter (allows and target_kind = 'role') as roles,
        count(*) filter (allows and target_kind = 'entitlement') as entitlements, count(*) filter (allows and target_kind = 'resource') as resources,
        count(*) filter (denies) as denied, arg_max(target_key, (coalesce(hops, 1000), target_key)) filter (allows) as example
    from had
    group by application_key
),
places as (
    select coalesce(u.application_key, c.application_key) as application_key, u.accounts, c.* exclude (application_key)
    from used u
    full join counted c on c.application_key is not distinct from u.application_key
)
select p.name, b.application_key, coalesce(b.accounts, 0), coalesce(b.groups, 0), coalesce(b.roles, 0), coalesce(b.entitlements, 0), coalesce(b.resources, 0),
    coalesce(b.denied, 0), b.example, to_json(t.sources)
from places b
left join main.applications p on p.application_key = b.application_key
left join told t on t.application_key is not distinct from b.application_key
order by p.name nulls last, b.application_key`)

// Reaches counts what a person reaches in each application in which there is an account of
// the person or something that the person reaches.
//
// Errors: a [NoGrantsError], or what DuckDB says.
func Reaches(ctx context.Context, f *read.File, person find.Thing) (o *Overview, err error) {
	o = &Overview{Person: person, Applications: []Reach{}}
	if o.AsOf, err = madeAt(ctx, f); err != nil {
		return nil, err
	}
	if err := known(ctx, f); err != nil {
		return nil, err
	}
	err = f.Each(ctx, string(reachOf.Fill(database.Values{"person": person.Key})), func(row []read.Value) {
		r := Reach{Application: row[0].Text, ApplicationKey: row[1].Text, Accounts: row[2].Int(), Groups: row[3].Int(), Roles: row[4].Int(), Entitlements: row[5].Int(),
			Resources: row[6].Int(), Denied: row[7].Int(), Example: row[8].Text, Sources: list(row[9])}
		if r.Application == "" && r.ApplicationKey != "" {
			r.Application = r.ApplicationKey
		}
		o.Applications = append(o.Applications, r)
	})
	return o, err
}
