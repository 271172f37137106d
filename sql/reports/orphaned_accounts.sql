-- why: Accounts that nobody is known to use or to answer for.
-- grain: one account
-- key: account_key
-- reads: main.accounts, main.identities, main.identity_accounts, main.applications, observed.identities, observed.identity_accounts, meta.links, meta.exports
-- inputs: accounts, identities.email or identity_accounts.account_key or accounts.identity_key
-- caveat: who uses an account is decided once, for the whole file: see main.identity_accounts and meta.links. A non-human identity answers for nothing. An account of a leaver has somebody and is not listed; see report.leavers_with_access. Where the newest export of people is only a part (see note), that nobody was found is no proof.
-- columns:
--   account_key: the account
--   sources: sources that speak of it
--   application_key: application in which it lives
--   application_name: its name; NULL: not told
--   username: login name
--   email: e-mail of the account; NULL: none, or not told
--   kind: who uses it: human, service, system or unknown; NULL: not told
--   status: its status; NULL: not told; terminated accounts are not listed
--   is_privileged: has administrative rights, in the view of any source; NULL: not told
--   last_login_at: last login; NULL: never, or not told
--   reason: why nobody was found
--   note: exports of people, or of whose account is whose, of which the newest is only a part, so that there may be somebody whom they lack; NULL: none
with owned as (
    select o.account_key
    from main.identity_accounts o join main.identities i on i.identity_key = o.identity_key
    where i.kind is null or i.kind not in ('service', 'machine')
),
alone as (
    select a.* from main.accounts a anti join owned o on o.account_key = a.account_key
    where a.status is distinct from 'terminated'
),
borne as (
    select distinct email from observed.identities where email in (select email from alone)
),
in_part as (
    select string_agg(source || ' ' || dataset, ', ' order by source, dataset) as names
    from {{latest_exports}} e
    where e.has_rows and e.is_filtered and e.mode is distinct from 'append'
        and (exists (from meta.links l where l.kind = 'identities' and l.strength = 'describes' and l.source = e.source and l.dataset = e.dataset)
            or exists (from observed.identity_accounts m where m.source = e.source and m._dataset = e.dataset))
)
select a.account_key, a.sources, a.application_key, p.name as application_name, a.username, a.email, a.kind, a.status, a.is_privileged, a.last_login_at,
    case when a.kind in ('service', 'system') then 'a machine uses it and nobody answers for it'
        when a.email is null then 'nobody is named and it has no e-mail'
        when b.email is null then 'nobody is named and nobody has its e-mail'
        else 'nobody is named and it is not certain whose its e-mail is' end as reason,
    'somebody may be missing from what is only a part: ' || (select names from in_part) as note
from alone a
left join borne b on b.email = a.email
left join main.applications p on p.application_key = a.application_key
