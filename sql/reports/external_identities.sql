-- why: People who are not employees of your organisation, what says so, and how much they have.
-- grain: one person
-- key: identity_key
-- reads: main.identities, main.accounts, main.grants, main.usage, meta.runs
-- inputs: identities.is_external or identities.employment_type or identities.is_employee
-- caveat: where the evidence is 'employment', the vendor's own word for the employment says it: contractor, contingent, consultant, freelancer, vendor, supplier, partner, agency, temp, external, guest or third party. Where it is 'domain', only the address suggests it: no source lists the person as an employee, and no employee has an address in that domain; people of a subsidiary look the same. People without any of the three kinds of evidence are not listed. Access through groups and roles is in main.effective_access. What is shared with somebody who has no account is no grant, as no source says which things it is: see shared_asset_count and report.external_sharing.
-- columns:
--   identity_key: the person
--   sources: names of the sources that have the person
--   display_name: name of the person; NULL: no source says
--   email: work e-mail of the person; NULL: no source says
--   evidence: told: a source says so; employment: the word for the employment says so; domain: the domain of the address suggests it
--   employment_type: the vendor's own word for the employment; NULL: no source says
--   status: status of the person; NULL: no source says
--   has_left: true: the status or the last day of employment says that the person has left
--   end_on: last day of employment; NULL: none, or no source says
--   department: department name; NULL: no source says
--   manager_identity_key: identity_key of the manager; NULL: no source says
--   account_count: number of accounts that the person uses and can log in to
--   privileged_account_count: number of those accounts that a source says have administrative rights
--   grant_count: number of grants of those accounts and of the person, without those that deny
--   shared_asset_count: number of things that are shared with the person, in all applications together; NULL: no source says
with spoken as ( -- each word once
    select employment_type from main.identities where employment_type is not null group by employment_type
    having regexp_matches(employment_type, '(?i)(^|[^a-z])(contract(or|ing)?|contingent|consultants?|freelancers?|freelance|vendors?|suppliers?|partners?|agency|temp(orary)?|externals?|guests?|third.?party)([^a-z]|$)')
),
own_domains as (
    select split_part(email, '@', 2) as domain from main.identities where is_employee and {{address "email"}} group by domain
),
people as (
    select i.*, case when i.is_external then 'told' when i.employment_type in (select employment_type from spoken) then 'employment'
        when i.is_employee is distinct from true and {{address "i.email"}} and split_part(i.email, '@', 2) not in (select domain from own_domains)
            and exists (from own_domains) then 'domain' end as evidence
    from main.identities i
    where i.kind is null or i.kind not in ('service', 'machine')
),
external as (
    select *, {{ended}} as has_left from people where evidence is not null
),
used as (
    select a.account_key, a.identity_key, a.is_privileged from main.accounts a
    where a.identity_key in (select identity_key from external) and {{can_login "a"}}
),
holders as (
    select 'account' as kind, account_key as key, identity_key from used
    union all select 'identity', identity_key, identity_key from external
),
held as (
    select h.identity_key, count(*) as grant_count
    from main.grants g join holders h on h.kind = g.principal_kind and h.key = g.principal_key
    where g.effect is distinct from 'deny'
    group by h.identity_key
),
shared as (
    select subject_key as identity_key, sum(value)::bigint as shared_asset_count from main.usage
    where subject_kind = 'identity' and metric = 'shared_assets' and subject_key in (select identity_key from external)
    group by subject_key
),
counted as (
    select identity_key, count(*) as account_count, count(*) filter (is_privileged) as privileged_account_count from used group by identity_key
)
select e.identity_key, e.sources, e.display_name, e.email, e.evidence, e.employment_type, e.status, e.has_left, e.end_on, e.department, e.manager_identity_key,
    coalesce(c.account_count, 0) as account_count, coalesce(c.privileged_account_count, 0) as privileged_account_count, coalesce(h.grant_count, 0) as grant_count, s.shared_asset_count
from external e
left join counted c on c.identity_key = e.identity_key
left join held h on h.identity_key = e.identity_key
left join shared s on s.identity_key = e.identity_key
