-- What an able analyst would make of observed in an afternoon: people by employee number and address, accounts by
-- application and login, groups and the like by application and name, each grant once, and what holders reach.
create table applications_of as
select application_key as key, any_value(coalesce(lower(trim(app)), lower(trim(name)), application_key)) as thing
from access.observed.applications group by application_key;

-- Statements: (dataset, key, part) and the thing.
create table people_of as
with told as (
    select _dataset as dataset, identity_key as key, coalesce(native_id, '') as part,
        nullif(lower(trim(email)), '') as email, nullif(ltrim(trim(employee_number), '0'), '') as number
    from access.observed.identities
), numbers as (
    select email, min(number) as number from told where email is not null and number is not null group by email
)
select dataset, key, part, 'identity' as kind, coalesce(t.number, n.number, t.email, t.key) as thing from told t left join numbers n on n.email = t.email;

create table accounts_of as
select _dataset as dataset, account_key as key, coalesce(a.native_id, '') as part, 'account' as kind,
    coalesce(coalesce(p.thing, a.source) || '/' || lower(trim(a.username)), account_key) as thing
from access.observed.accounts a left join applications_of p on p.key = a.application_key;

create table things_of as
select kind, key, min(thing) as thing from (
    select kind, key, thing from people_of
    union all select kind, key, thing from accounts_of
    union all select 'application', key, thing from applications_of
    union all select 'group', group_key, coalesce(coalesce(p.thing, source) || '/' || lower(trim(name)), group_key)
        from access.observed.groups left join applications_of p on p.key = application_key
    union all select 'role', role_key, coalesce(coalesce(p.thing, source) || '/' || lower(trim(name)), role_key)
        from access.observed.roles left join applications_of p on p.key = application_key
    -- Names of entitlements such as 'read' are unique neither in an application nor in a source.
    union all select 'entitlement', entitlement_key, case when count(*) over (partition by source, application_key, lower(trim(name))) = 1
            then coalesce(coalesce(p.thing, source) || '/' || lower(trim(name)), entitlement_key) else entitlement_key end
        from access.observed.entitlements left join applications_of p on p.key = application_key
    union all select 'resource', resource_key, coalesce(coalesce(p.thing, source) || '/' || lower(trim(name)), resource_key)
        from access.observed.resources left join applications_of p on p.key = application_key
) group by kind, key;

create table people as
select p.thing, list(distinct i.source) as sources, any_value(columns(i.* exclude (source, _source, _dataset, _artifact, _record, _valid_from, _hash)))
from access.observed.identities i join people_of p on p.dataset = i._dataset and p.key = i.identity_key and p.part = coalesce(i.native_id, '')
group by p.thing;

create table accounts as
select p.thing, list(distinct a.source) as sources, any_value(columns(a.* exclude (source, _source, _dataset, _artifact, _record, _valid_from, _hash)))
from access.observed.accounts a join accounts_of p on p.dataset = a._dataset and p.key = a.account_key and p.part = coalesce(a.native_id, '')
group by p.thing;

create table grants as
select g.principal_kind, coalesce(p.thing, g.principal_key) as principal, g.target_kind, coalesce(t.thing, g.target_key) as target, lower(trim(g.privilege)) as privilege,
    max(g.effect) as effect, list(distinct g.source) as sources, any_value(g.application_key) as application_key, min(g.granted_at) as granted_at,
    max(g.expires_at) as expires_at, max(g.last_used_at) as last_used_at, any_value(g.attributes) as attributes
from access.observed.grants g
left join things_of p on p.kind = g.principal_kind and p.key = g.principal_key
left join things_of t on t.kind = g.target_kind and t.key = g.target_key
group by 1, 2, 3, 4, 5;

-- Pairs of holders, the first of which has what the second has, ten steps deep.
create table reach as
with recursive edges as (
    select distinct principal_kind || ' ' || principal as holder, target_kind || ' ' || target as via from grants
    where principal_kind in ('group', 'role', 'entitlement') and target_kind in ('group', 'role', 'entitlement') and effect is distinct from 'deny'
), walks as (
    select holder, via, 1 as hops from edges
    union
    select w.holder, e.via, w.hops + 1 from walks w join edges e on e.holder = w.via where w.hops < 10
)
select holder, via, min(hops) as hops from walks group by holder, via;
