-- why: People who have left, as any source says, and what they can still use.
-- grain: one account of one leaver, or one leaver who has grants without an account
-- key: identity_key, principal_kind, principal_key
-- past: yes
-- since: left_on
-- reads: main.identities, main.accounts, main.identity_accounts, main.grants, main.applications, main.lifecycle_events, observed.identities, meta.links, meta.runs
-- inputs: identities.status or identities.end_on, accounts,
--   identities.email or identity_accounts.account_key or accounts.identity_key
-- caveat: a leaver is a person about whom an export says that every employment has ended, so people who came back are not listed. Non-human identities do not leave. An account is listed even if no source tells its status, if another source lists the person as active (see active_in), or if only some of its sources say that it is disabled. Access through groups and roles is in main.effective_access.
-- columns:
--   identity_key: the leaver
--   email: work e-mail of the leaver; NULL: no source says
--   display_name: name of the leaver; NULL: no source says
--   left_on: last day of employment; NULL: only the status says that the person has left
--   told_by: names of the sources that say that the person has left
--   active_in: names of the sources that list the person as active, because they disagree or because the person returned; NULL: none
--   principal_kind: account or identity
--   principal_key: key of the account or identity that still has access
--   sources: names of the sources that have that account or identity
--   application_key: application of the account; NULL for an identity, and where no source says
--   application_name: name of that application; NULL: no source says
--   username: login name of the account; NULL for an identity, and where no source says
--   status: status of the account; NULL: no source says
--   relation: is: the person's own account; owns: an account that the person answers for; NULL for an identity
--   rule: rule by which the account is linked to the leaver, see main.identity_accounts; NULL for an identity
--   grant_count: number of grants that the account or identity has by itself; 0 also where no export lists grants. BalkanID reports the same access flat and as a graph, and both count
--   last_step: the newest event of the person's leaving, or step that it caused, as an export lists it: one about this account, or about none; NULL: no export lists any
--   last_step_at: when that happened; NULL: no export lists any
with told as (
    select l.key as identity_key, l.source, l.dataset, i.status, i.end_on, {{ended}} as has_ended
    from observed.identities i
    join meta.links l on l.kind = 'identities' and l.dataset = i._dataset and l.statement_key = i.identity_key and l.part = coalesce(i.native_id, '')
    where l.strength <> 'mentions'
),
by_export as ( -- one employment may have ended and another gone on
    select identity_key, source, bool_or(has_ended) and not bool_or(not has_ended and status is distinct from 'inactive') as has_left,
        bool_or(not has_ended and status = 'active') as is_active, max(end_on) as end_on
    from told
    where identity_key in (select identity_key from told where has_ended)
    group by identity_key, source, dataset
),
leavers as (
    select t.identity_key, max(t.end_on) filter (t.has_left) as left_on, list_sort(list(distinct t.source) filter (t.has_left)) as told_by,
        list_sort(list(distinct t.source) filter (t.is_active)) as active_in
    from by_export t
    group by t.identity_key
    having bool_or(t.has_left)
),
people as (
    select l.*, i.email, i.display_name, i.sources
    from leavers l join main.identities i on i.identity_key = l.identity_key
    where i.kind is null or i.kind not in ('service', 'machine')
),
still as (
    select p.identity_key, 'account' as principal_kind, o.account_key as principal_key, min(o.relation) as relation, max_by(o.rule, o.confidence) as rule
    from people p join main.identity_accounts o on o.identity_key = p.identity_key
    group by p.identity_key, o.account_key
    union all
    select identity_key, 'identity', identity_key, null, null from people
),
held as (
    select g.principal_kind, g.principal_key, count(*) as grant_count
    from main.grants g
    where g.principal_kind in ('account', 'identity') and g.effect is distinct from 'deny' and g.principal_key in (select principal_key from still)
    group by g.principal_kind, g.principal_key
),
leaving as (
    select coalesce(identity_key, subject_identity_key) as identity_key, account_key, "at", event_key, concat_ws(', ', step, action, target_name, status) as says
    from main.lifecycle_events
    where kind = 'leaver' and "at" is not null
),
last_steps as ( -- what was done with another account says nothing of this one
    select s.identity_key, s.principal_key, arg_max(e.says, (e."at", e.event_key)) as says, max(e."at") as "at"
    from still s
    join leaving e on e.identity_key = s.identity_key and (e.account_key is null or e.account_key = s.principal_key)
    group by s.identity_key, s.principal_key
)
select p.identity_key, p.email, p.display_name, p.left_on, p.told_by, p.active_in, s.principal_kind, s.principal_key, coalesce(a.sources, p.sources) as sources,
    a.application_key, n.name as application_name, a.username, a.status, s.relation, s.rule, coalesce(h.grant_count, 0) as grant_count, l.says as last_step, l."at" as last_step_at
from still s
join people p on p.identity_key = s.identity_key
left join main.accounts a on a.account_key = s.principal_key
left join main.applications n on n.application_key = a.application_key
left join held h on h.principal_kind = s.principal_kind and h.principal_key = s.principal_key
left join last_steps l on l.identity_key = s.identity_key and l.principal_key = s.principal_key
where case s.principal_kind when 'account' then {{can_login "a"}} else h.grant_count > 0 end
