-- why: Everything about one identity: who it is, which sources say so, its accounts, what it can reach and how, its requests, reviews and risks, what changed, and where sources disagree.
-- grain: one fact about one identity
-- key: identity_key, topic, key, name, says, occurred_at
-- since: occurred_at
-- reads: main.identities, main.identity_accounts, main.accounts, main.applications, main.groups, main.roles, main.entitlements, main.resources, main.grants,
--   observed.access_requests, observed.reviews, observed.risks, observed.lifecycle_events, history.accounts, history.grants,
--   meta.links, meta.addresses, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: identities
-- caveat: filter by a constant email or identity_key, which is fast; without a filter the report is as large as main.effective_access and takes many seconds in a large file. If no export has grants, requests, reviews or risks, there are no rows about them, which proves nothing; see report.coverage. Changes are those of as many days as the setting person_change_days says, before the run that made the file, without what runs brought that only loaded exports for the first time.
-- columns:
--   identity_key: the identity
--   email: its work e-mail; NULL: no source says
--   display_name: its name; NULL: no source says
--   topic: identity, source (a statement about it, and why it is taken for the same identity), account, access, request, review, risk, event (joiner, mover, leaver), change or disagreement
--   name: what the row is about: a source, application, target, campaign, risk or column; for an account of no application, such as one in a vendor's own product, the dataset that lists it
--   says: what is known about it, in words; for access with the names of the groups and roles on the way to the target
--   occurred_at: when it was first seen, last used, asked for, decided, detected or changed; NULL: not known
--   sources: names of the sources that say so; NULL for access, where the grants in path have them
--   key: key of what the row is about: of the account, target, request, review, risk or event; for source the key of the statement
--   path: for access, the grant_keys of the path in order; NULL for other topics
with {{effective "identity_key, email, display_name, account_key, username, application_name, target_kind, target_key, target_name"
    `select s.start, s.identity_key, i.email, i.display_name, s.account_key, a.username
    from closure.starts s
    join main.identities i on i.identity_key = s.identity_key
    left join main.accounts a on a.account_key = s.account_key` targets}},
passed as ( -- all but the last grant of a path lead into a group, role or entitlement
    select holder, via, 0 as step, holder as node from closure.reach where path is not null
    union all
    select c.holder, c.via, c.step, e.target
    from (select holder, via, unnest(path) as grant_key, generate_subscripts(path, 1) as step from closure.reach) c
    join closure.edges e on e.grant_key = c.grant_key
    where e.holder is not null
),
ways as (
    select p.holder, p.via, string_agg(coalesce(t.name, n.key), ' > ' order by p.step) as way
    from passed p
    join closure.nodes n on n.node = p.node
    left join ({{thing_names}}) t on t.key = n.key and t.kind = n.kind
    group by p.holder, p.via
),
recent as (
    select 'identity' as what, 'changed' as change, identity_key, null as account_key, identity_key as key, null as target_key, null as target_kind, null as privilege, _valid_from as at, sources
    from main.identities
    where _valid_from > first_seen_at and {{recent "_valid_from" (setting "person_change_days")}}
    union all
    select 'account', case when a._valid_from > a.first_seen_at then 'changed' else 'added' end, o.identity_key, a.account_key, a.account_key, null, null, null, a._valid_from, a.sources
    from main.accounts a
    join main.identity_accounts o on o.account_key = a.account_key
    where {{recent "a._valid_from" (setting "person_change_days")}}
    union all
    select 'account', 'closed', o.identity_key, h.account_key, h.account_key, null, null, null, h._valid_to, h.sources
    from history.accounts h
    join main.identity_accounts o on o.account_key = h.account_key
    where {{recent "h._valid_to" (setting "person_change_days")}} and not exists (from main.accounts a where a.account_key = h.account_key)
    union all
    select 'grant', g.change, o.identity_key, o.account_key, g.grant_key, g.target_key, g.target_kind, g.privilege, g.at, g.sources
    from (
        select case when _valid_from > first_seen_at then 'changed' else 'added' end as change, principal_kind, principal_key, grant_key, target_key, target_kind, privilege, _valid_from as at, sources
        from main.grants
        where {{recent "_valid_from" (setting "person_change_days")}}
        union all
        select 'removed', h.principal_kind, h.principal_key, h.grant_key, h.target_key, h.target_kind, h.privilege, h._valid_to, h.sources
        from history.grants h
        where {{recent "h._valid_to" (setting "person_change_days")}} and not exists (from main.grants g where g.grant_key = h.grant_key)
    ) g
    join (
        select 'account' as kind, account_key as key, identity_key, account_key from main.identity_accounts
        union all
        select 'identity', identity_key, identity_key, null from main.identities
    ) o on o.kind = g.principal_kind and o.key = g.principal_key
),
facts as ( -- meant: the keys and the address by which an export says whom it is about
    select 'request' as topic, [beneficiary_identity_key, beneficiary_email] as meant, coalesce(target_name, item) as name,
        concat_ws(', ', action, status, privilege, 'asked by ' || requester_email, 'decided by ' || approver_email, 'until ' || strftime(expires_at, '%Y-%m-%d')) as says,
        requested_at as occurred_at, source, request_key as key
    from observed.access_requests o{{once "access_requests"}}
    union all
    select 'review', [identity_key, account_key], target_name, concat_ws(', ', campaign, privilege, status, decision, 'by ' || reviewer_email), coalesce(decided_at, due_at), source, review_key
    from observed.reviews o{{once "reviews"}}
    union all
    select 'risk', [identity_key, account_key, subject_email], coalesce(name, kind), concat_ws(', ', severity, status, description), detected_at, source, risk_key
    from observed.risks o{{once "risks"}}
    union all
    select 'event', [identity_key, account_key, subject_email], kind, concat_ws(', ', step, action, target_name, status), "at", source, event_key
    from observed.lifecycle_events o{{once "lifecycle_events"}}
),
means as (
    select statement_key as meant, key as identity_key from meta.links where kind = 'identities' and is_reference
    union all
    select l.statement_key, o.identity_key from meta.links l join main.identity_accounts o on o.account_key = l.key where l.kind = 'accounts' and l.is_reference
    union all
    select email, identity_key from meta.addresses
),
told as ( -- with the columns of the person, as conditions on these do not pass a distinct
    select distinct i.identity_key, i.email, i.display_name, f.topic, f.name, f.says, f.occurred_at, f.source, f.key
    from main.identities i
    join means m on m.identity_key = i.identity_key
    join (select * exclude (meant), unnest(meant) as meant from facts) f on f.meant = m.meant
)
select i.identity_key, i.email, i.display_name, 'identity' as topic, coalesce(i.display_name, i.email, i.username) as name,
    concat_ws(', ', i.kind, i.status, i.title, i.department, i.location, 'number ' || i.employee_number, case when i.is_external then 'external' end,
        'from ' || i.start_on, 'until ' || i.end_on, 'manager ' || coalesce(m.display_name, i.manager_email)) as says,
    i.first_seen_at as occurred_at, i.sources, i.identity_key as key, null::varchar[] as path
from main.identities i
left join main.identities m on m.identity_key = i.manager_identity_key
union all
select i.identity_key, i.email, i.display_name, 'source', l.source, concat_ws(', ', l.strength, l.dataset, 'by ' || l.rule, l.evidence), l._valid_from, [l.source], l.statement_key, null
from main.identities i
join meta.links l on l.key = i.identity_key and l.kind = 'identities'
union all
select i.identity_key, i.email, i.display_name, 'account', coalesce(p.name, p.app, a.application_key, 'account of ' || w.listed),
    concat_ws(', ', coalesce(a.username, a.email, a.display_name), a.status, case when a.is_privileged then 'privileged' end, case when not a.has_mfa then 'without MFA' end,
        case when o.relation = 'owns' then 'answers for it' end, 'by ' || o.rule),
    greatest(a.last_login_at, a.last_activity_at), a.sources, o.account_key, null
from main.identities i
join main.identity_accounts o on o.identity_key = i.identity_key
left join main.accounts a on a.account_key = o.account_key
left join main.applications p on p.application_key = a.application_key
left join ( -- an account in the vendor's own product has no application: whoever lists it says where it is
    select key, string_agg(distinct dataset, ', ' order by dataset) as listed
    from meta.links
    where kind = 'accounts' and key in (select account_key from main.accounts where application_key is null) -- few: all take two seconds
    group by key
) w on w.key = a.account_key and a.application_key is null
union all
select e.identity_key, e.email, e.display_name, 'access', coalesce(e.target_name, e.target_key),
    concat_ws(', ', case when e.effect = 'deny' then 'denied' end, e.privilege, e.target_kind || coalesce(' in ' || e.application_name, ''), 'as ' || e.username,
        case when e.hops = 1 then 'directly' when e.path is not null then 'through ' || w.way end),
    null, null, e.target_key, e.path
from effective e
left join ways w on w.holder = e.holder and w.via = e.via
union all
select identity_key, email, display_name, topic, name, says, occurred_at, [source], key, null
from told
union all
select i.identity_key, i.email, i.display_name, 'change', r.what,
    concat_ws(', ', r.change, coalesce(t.name, ta.username, ta.email, ta.display_name, ti.display_name, ti.email, ti.username, r.target_key), r.privilege, 'of ' || a.username), r.at, r.sources, r.key, null
from main.identities i
join recent r on r.identity_key = i.identity_key
left join ({{thing_names}}) t on t.key = r.target_key and t.kind = r.target_kind
left join main.accounts ta on ta.account_key = case when r.target_kind = 'account' then r.target_key end
left join main.identities ti on ti.identity_key = case when r.target_kind = 'identity' then r.target_key end
left join main.accounts a on a.account_key = r.account_key
union all
select i.identity_key, i.email, i.display_name, 'disagreement', d.field, d.told, null, d.sources, d.key, null
from main.identities i
join (
    select identity_key, field, disagreements ->> ('$."' || field || '"') as told, sources, identity_key as key
    from (select identity_key, unnest(json_keys(disagreements)) as field, disagreements, sources from main.identities where disagreements is not null)
    union all
    select identity_key, field, disagreements ->> ('$."' || field || '"'), sources, account_key
    from (
        select o.identity_key, unnest(json_keys(a.disagreements)) as field, a.disagreements, a.sources, a.account_key
        from main.accounts a join main.identity_accounts o on o.account_key = a.account_key where a.disagreements is not null)
) d on d.identity_key = i.identity_key
