-- why: Accounts that nobody is known to own.
-- grain: one login as one source sees it
-- key: account_key
-- reads: observed.identities, observed.accounts, observed.identity_accounts, report.logins, report.account_owners, observed.applications, meta.exports, meta.runs
-- inputs: accounts, identities.email or identity_accounts.account_key or accounts.identity_key, identities.kind
-- caveat: owners are found by the vendor's mapping or by e-mail in any source. An account mapped to an identity that no export describes has an owner and is not listed; report.dangling_references counts those. One mapped to a non-human identity has none by that. Where the newest export of people is only a part (see note), that nobody was found is no proof.
-- columns:
--   account_key: the account; of several that are one login, the one in report.logins
--   source: source that sees it
--   application_key: application in which it lives
--   application_name: its name; NULL where no export describes it
--   username: login name
--   email: e-mail of the account; NULL: none, or the vendor did not say
--   kind: who uses it: human, service, system or unknown; NULL: the vendor did not say
--   status: status; NULL: the vendor did not say; terminated accounts are not listed
--   is_privileged: has administrative rights, in the vendor's view; NULL: the vendor did not say
--   last_login_at: last login; NULL: never, or the vendor did not say
--   reason: why no owner was found
--   note: exports of people, or of whose account is whose, of which the newest is only a part, so that there may be an owner whom they lack; NULL: none
with logins as materialized (from report.logins),
members as (
    select account_key, unnest(account_keys) as member_key from logins where status is distinct from 'terminated'
),
owned as (
    select m.account_key
    from members m where m.member_key in (select o.account_key from report.account_owners o)
),
non_human as (
    select identity_key from observed.identities group by identity_key
    having bool_or(kind in ('service', 'machine')) and not coalesce(bool_or(kind = 'human'), false)
),
mapped as ( -- to what is no person, and so no owner
    select m.account_key from members m where m.member_key in (
        select account_key from observed.identity_accounts where identity_key in (select n.identity_key from non_human n where n.identity_key is not null)
        union all
        select account_key from observed.accounts where identity_key in (select n.identity_key from non_human n where n.identity_key is not null))
),
in_part as (
    select string_agg(source || ' ' || dataset, ', ' order by source, dataset) as names
    from {{latest_exports}} e
    where e.has_rows and e.is_filtered and e.mode is distinct from 'append'
        and (exists (from observed.identities i where i.source = e.source and i._dataset = e.dataset)
            or exists (from observed.identity_accounts m where m.source = e.source and m._dataset = e.dataset))
),
shared as (
    select distinct email from (
        select email from observed.identities
        where {{address "email"}} and not {{ended}} and kind is distinct from 'service' and kind is distinct from 'machine'
        group by source, _dataset, email
        having min(native_id) <> max(native_id) or min(employee_number) <> max(employee_number))
)
select a.account_key, a.source, a.application_key, p.name as application_name, a.username, a.email, a.kind, a.status, a.is_privileged, a.last_login_at,
    case when a.account_key in (select account_key from mapped) then 'mapped to a non-human identity'
        when a.email is null then 'no owner named and no e-mail'
        when a.email in (select email from shared) then 'no owner named and several people have its e-mail'
        else 'no owner named and nobody has its e-mail' end as reason,
    'the owner may be missing from what is only a part: ' || (select names from in_part) as note
from logins a
left join (select application_key, min(name) as name from observed.applications group by application_key) p on p.application_key = a.application_key
where a.status is distinct from 'terminated'
    and a.account_key not in (select account_key from owned)
