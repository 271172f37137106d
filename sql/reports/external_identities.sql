-- why: People who are not employees of the own organisation, what says so, and what they have.
-- grain: one person
-- key: identity_key
-- reads: main.identities, main.accounts, main.grants, meta.runs
-- inputs: identities.is_external or identities.employment_type or identities.is_employee
-- caveat: where the evidence is 'employment' the vendor's own word for the employment says it: contractor, contingent, consultant, freelancer, vendor, supplier, partner, agency, temp, external, guest or third party. Where it is 'domain' only the address does: no source lists the person as an employee, and no employee has an address in that domain; a subsidiary looks like that too. Whoever has none of the three is not listed. What is held through groups and roles is in main.effective_access.
-- columns:
--   identity_key: the person
--   sources: sources that speak of the person
--   display_name: name; NULL: not told
--   email: work e-mail; NULL: not told
--   evidence: told: a source says so; employment: the word for the employment does; domain: the domain of the address does
--   employment_type: the vendor's own word for the employment; NULL: not told
--   status: status; NULL: not told
--   has_left: the status or the last day says that the person has left
--   end_on: last day; NULL: none, or not told
--   department: department name
--   manager_identity_key: the manager; NULL: not told
--   account_count: accounts that the person uses and can log in with
--   privileged_account_count: those of them that a source flags as administrative
--   grant_count: grants of those accounts and of the person, what is denied left out
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
counted as (
    select identity_key, count(*) as account_count, count(*) filter (is_privileged) as privileged_account_count from used group by identity_key
)
select e.identity_key, e.sources, e.display_name, e.email, e.evidence, e.employment_type, e.status, e.has_left, e.end_on, e.department, e.manager_identity_key,
    coalesce(c.account_count, 0) as account_count, coalesce(c.privileged_account_count, 0) as privileged_account_count, coalesce(h.grant_count, 0) as grant_count
from external e
left join counted c on c.identity_key = e.identity_key
left join held h on h.identity_key = e.identity_key
