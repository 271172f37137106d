-- why: To whom an account belongs, by the vendor's own mapping or by e-mail across vendors.
-- grain: one account and one identity to which it is linked
-- key: account_key, identity_key
-- reads: observed.accounts, observed.identities, observed.identity_accounts, meta.runs
-- inputs: accounts, identities.email or identity_accounts.account_key or accounts.identity_key
-- caveat: an account without e-mail is linked only where its vendor says so. An e-mail links to who has it now, else to all who had it and left; one that several people of one export have now links to none of them (see report.shared_addresses). Where the vendor maps an account to a person, its e-mail links it to no other person of that source. Non-human identities own nothing.
-- columns:
--   account_key: the account
--   account_source: source that sees the account
--   identity_key: the identity; it need not be described by any export
--   identity_source: source that describes the identity; NULL where none does
--   relation: is: the person's own; owns: the person answers for it; NULL: the vendor maps them without saying how
--   rule: vendor: the account's own source says so; email: the same e-mail, in any source
with described as (
    select identity_key, min(source) as source,
        coalesce(bool_or(kind in ('service', 'machine')) and not coalesce(bool_or(kind = 'human'), false), false) as is_machine
    from observed.identities group by identity_key
),
bearers as ( -- who has an address in the view of one export: the present ones, else those who left
    select source, identity_key, email, {{ended}} as has_left,
        min(native_id) filter (not {{ended}}) over w <> max(native_id) filter (not {{ended}}) over w
            or min(employee_number) filter (not {{ended}}) over w <> max(employee_number) filter (not {{ended}}) over w as is_shared,
        bool_and({{ended}}) over w as all_left
    from observed.identities
    where {{address "email"}} and kind is distinct from 'service' and kind is distinct from 'machine'
    window w as (partition by source, _dataset, email)
),
mapped as (
    select account_key, identity_key, relation, source from observed.identity_accounts
    where account_key is not null and identity_key is not null
    union all
    select account_key, identity_key, null, source from observed.accounts where account_key is not null and identity_key is not null
),
links as (
    select m.account_key, m.identity_key, m.relation, 'vendor' as rule
    from mapped m where m.identity_key not in (select d.identity_key from described d where d.is_machine and d.identity_key is not null)
    union all
    select a.account_key, b.identity_key, null, 'email'
    from observed.accounts a join bearers b on b.email = a.email and not coalesce(b.is_shared, false) and (b.all_left or not b.has_left)
    left join (select account_key, source, list(identity_key) as identity_keys from mapped where relation is distinct from 'owns' group by all) m
        on m.account_key = a.account_key and m.source = b.source
    where m.identity_keys is null or list_contains(m.identity_keys, b.identity_key)
),
best as (
    select account_key, identity_key, min(relation) as relation, max(rule) as rule
    from links group by account_key, identity_key
)
select b.account_key, a.source as account_source, b.identity_key, d.source as identity_source, b.relation, b.rule
from best b
left join (select account_key, min(source) as source from observed.accounts group by account_key) a on a.account_key = b.account_key
left join described d on d.identity_key = b.identity_key
