-- why: What one source sees and another does not, or sees otherwise.
-- grain: one e-mail, one kind of disagreement, one pair of sources and, for accounts, one application
-- key: kind, email, source, other_source, app
-- reads: observed.identities, observed.accounts, observed.applications, meta.runs, meta.exports
-- inputs: identities.kind from two sources or accounts.email from two sources
-- caveat: compared by e-mail, so people and accounts without one are left out, and one person with two e-mails shows as missing. A source is asked about people only if it lists them, with their kind, status or employment, and about an application only if it sees accounts with e-mails in it, matched by product slug or else by name, and only where each of the two sources sees one instance of the product: which of several is which nobody says. A source of whose export only a part was asked for lacks nothing. Whose last day has passed counts as terminated.
-- columns:
--   kind: identity_missing, status_differs or account_missing
--   email: the person or account
--   source: source that sees it
--   other_source: source that does not, or sees it otherwise
--   app: application, for account_missing; NULL otherwise
--   said: what source says: a status, or a key
--   other_said: what other_source says; NULL: nothing
with told as ( -- an export that lists an employment that ended and one that goes on means a return
    select source, email, min(identity_key) as identity_key,
        case when bool_or(status = 'active' and not {{ended}}) then 'active' when bool_and({{ended}}) then 'terminated'
            when bool_or(status is null and not {{ended}}) then null else min(status) filter (not {{ended}}) end as status
    from observed.identities
    where {{address "email"}} and kind is distinct from 'service' and kind is distinct from 'machine'
    group by source, _dataset, email
),
people as (
    select source, email, min(identity_key) as identity_key, case when bool_or(status = 'active') then 'active' else min(status) end as status
    from told
    group by source, email
),
in_part as ( -- an export of which only a part was asked for says nothing of the rest
    select source, dataset from {{latest_exports}} where has_rows and is_filtered
),
people_sources as ( -- an export that only names some people in passing says none of this of them
    select distinct i.source from observed.identities i
    where {{address "i.email"}} and (i.kind is not null or i.status is not null or i.is_employee is not null)
        and not exists (from in_part p where p.source = i.source and p.dataset = i._dataset)
),
logins as (
    select a.source, a.email, lower(coalesce(p.app, p.name)) as app, min(a.account_key) as account_key, min(a.application_key) as application_key,
        min(a.application_key) <> max(a.application_key) as in_several,
        bool_or(exists (from in_part i where i.source = a.source and i.dataset = a._dataset)) as in_part
    from observed.accounts a
    join (select application_key, min(app) as app, min(name) as name from observed.applications group by application_key) p on p.application_key = a.application_key
    where {{address "a.email"}} and coalesce(p.app, p.name) is not null and a.status is distinct from 'terminated'
    group by all
),
login_sources as (
    select source, app, bool_or(in_part) as in_part from logins group by all having min(application_key) = max(application_key) and not bool_or(in_several)
)
select 'identity_missing' as kind, p.email, p.source, o.source as other_source, null as app, p.identity_key as said, null as other_said
from people p
join people_sources o on o.source <> p.source
where p.status is distinct from 'terminated'
    and not exists (from people q where q.source = o.source and q.email = p.email)
union all
select 'status_differs', p.email, p.source, q.source, null, p.status, q.status
from people p
join people q on q.email = p.email and q.source <> p.source
where p.status = 'active' and q.status in ('inactive', 'suspended', 'terminated')
union all
select 'account_missing', l.email, l.source, o.source, l.app, l.account_key, null
from logins l
join login_sources s on s.app = l.app and s.source = l.source
join login_sources o on o.app = l.app and o.source <> l.source and not o.in_part
where not exists (from logins m where m.source = o.source and m.app = l.app and m.email = l.email)
