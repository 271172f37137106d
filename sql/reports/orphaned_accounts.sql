-- why: Accounts that nobody is known to use or to answer for.
-- grain: one account
-- key: account_key
-- past: yes
-- reads: main.accounts, main.identities, main.identity_accounts, main.applications, observed.identities, observed.identity_accounts, meta.links, meta.exports
-- inputs: accounts, identities.email or identity_accounts.account_key or accounts.identity_key
-- caveat: to whom an account belongs is decided once for the whole file; see main.identity_accounts and meta.links. An account that belongs only to a non-human identity is listed, as that identity cannot answer for it. An account of a leaver belongs to somebody and is not listed; see report.leavers_with_access. If the newest export of people covers only a part (see note), the account may belong to somebody who is not in it.
-- columns:
--   account_key: the account
--   sources: names of the sources that have it
--   application_key: application to which the account belongs; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   username: login name; NULL: no source says
--   email: e-mail of the account; NULL: none, or no source says
--   kind: human, service, system or unknown; NULL: no source says
--   status: status of the account; NULL: no source says. Terminated accounts are not listed
--   is_privileged: true: a source says that the account has administrative rights; NULL: no source says
--   last_login_at: last login; NULL: never, or no source says
--   reason: why nobody was found
--   note: exports of people, or of which account belongs to whom, whose newest version covers only a part, so that somebody may be missing from them; NULL: none
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
