-- why: People who have left, in the view of any vendor, and what they can still use.
-- grain: one login, or one identity with grants of its own, of one leaver
-- key: principal_kind, principal_key, email, identity_key
-- reads: observed.identities, observed.grants, report.logins, report.account_owners, observed.applications, meta.runs
-- inputs: identities.status or identities.end_on, accounts,
--   identities.email or identity_accounts.account_key or accounts.identity_key
-- caveat: a leaver is a person who is terminated or whose last day has passed, and whose address no other employment in the same export has now: who came back is not listed. Non-human identities do not leave. Accounts are linked as report.account_owners says. An account whose status the vendor did not say is listed; so is one of a person whom another vendor lists as active (see active_in).
-- columns:
--   identity_key: the leaver as one source describes them; where several do, the first by name of the source
--   email: work e-mail of the leaver; NULL where none is known
--   display_name: name of the leaver; names, where several people who left had the address
--   left_on: last day of employment; NULL: only the status says so
--   told_by: sources that say the person has left
--   active_in: sources that list the same e-mail as active: a disagreement, or a return; NULL when none
--   principal_kind: account or identity
--   principal_key: what still has access; of several accounts that are one login, the one in report.logins
--   source: source that sees it
--   application_key: application of the account
--   application_name: its name; NULL where no export describes it
--   username: login name of the account
--   status: status of the account; NULL: the vendor did not say
--   relation: is: the person's own account; owns: one the person answers for; NULL: not said
--   rule: vendor or email: how the account was linked to the leaver; NULL for an identity
--   grant_count: grants of which the login or identity is the principal; 0 where no export lists them. BalkanID tells the same access in two exports, entitlements and entity relations: the one with more grants counts
with logins as materialized (from report.logins),
employments as (
    select identity_key, source, email, display_name, end_on, coalesce(email, identity_key) as person, {{ended}} as has_left,
        email is not null and bool_or(not {{ended}} and (status is null or status in ('active', 'unknown'))) over (partition by source, _dataset, email) as is_back
    from observed.identities
    where kind is distinct from 'service' and kind is distinct from 'machine'
        and identity_key not in (select identity_key from observed.identities where identity_key is not null and kind in ('service', 'machine'))
),
leavers as (
    select * from employments where has_left and not is_back
),
told as (
    select t.person, min(t.email) as email, min(t.identity_key) filter (t.source = f.source) as identity_key,
        string_agg(distinct t.display_name, ', ' order by t.display_name) filter (t.source = f.source) as display_name,
        max(t.end_on) as left_on, list_sort(list(distinct t.source)) as told_by
    from leavers t join (select person, min(source) as source from leavers group by person) f on f.person = t.person
    group by t.person
),
active as (
    select email, list_sort(list(distinct source)) as active_in
    from observed.identities
    where email is not null and status = 'active' and not {{ended}} and kind is distinct from 'service' and kind is distinct from 'machine'
    group by email
),
held as (
    select principal_kind, principal_key, _dataset, count(*) as grant_count
    from observed.grants
    where principal_kind in ('account', 'identity') and effect is distinct from 'deny'
    group by principal_kind, principal_key, _dataset
),
members as (
    select account_key, unnest(account_keys) as member_key
    from logins
    where status is null or status not in ('inactive', 'terminated')
),
login_held as (
    select account_key, sum(grant_count)::bigint as grant_count
    from (
        select account_key, max(grant_count) as grant_count
        from (
            select m.account_key, h._dataset, sum(h.grant_count) as grant_count
            from members m
            join held h on h.principal_kind = 'account' and h.principal_key = m.member_key
            group by m.account_key, h._dataset
        )
        group by account_key, case when _dataset in ('balkanid.entitlements', 'balkanid.entity_relations') then 'balkanid' else _dataset end
    )
    group by account_key
),
identity_held as (
    select principal_key, sum(grant_count)::bigint as grant_count
    from held where principal_kind = 'identity' group by principal_key
),
still as (
    select l.person, 'account' as principal_kind, m.account_key as principal_key, min(o.relation) as relation, max(o.rule) as rule
    from leavers l
    join report.account_owners o on o.identity_key = l.identity_key
    join members m on m.member_key = o.account_key
    group by l.person, m.account_key
    union all
    select distinct l.person, 'identity', l.identity_key, null, null
    from leavers l
    where exists (from held h where h.principal_kind = 'identity' and h.principal_key = l.identity_key)
)
select t.identity_key, t.email, t.display_name, t.left_on, t.told_by, v.active_in,
    s.principal_kind, s.principal_key, coalesce(a.source, i.source) as source, a.application_key, p.name as application_name, a.username, a.status, s.relation, s.rule,
    coalesce(h.grant_count, g.grant_count, 0) as grant_count
from still s
join told t on t.person = s.person
left join active v on v.email = t.email
left join logins a on a.account_key = case when s.principal_kind = 'account' then s.principal_key end
left join (select identity_key, min(source) as source from observed.identities group by identity_key) i on i.identity_key = case when s.principal_kind = 'identity' then s.principal_key end
left join login_held h on h.account_key = case when s.principal_kind = 'account' then s.principal_key end
left join identity_held g on g.principal_key = case when s.principal_kind = 'identity' then s.principal_key end
left join (select application_key, min(name) as name from observed.applications group by application_key) p on p.application_key = a.application_key
