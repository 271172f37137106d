-- why: To whom an account belongs, by the vendor's own mapping or by e-mail across vendors.
-- grain: one account and one identity to which it is linked
-- key: account_key, identity_key
-- reads: accounts, identities, identity_accounts
-- inputs: accounts, identities.email or identity_accounts.account_key or accounts.identity_key
-- caveat: an e-mail used by several people links to all of them; an account without e-mail is linked only where its vendor says so.
-- columns:
--   account_key: the account
--   account_source: source that sees the account
--   identity_key: the identity; it need not be described by any export
--   identity_source: source that describes the identity; NULL where none does
--   relation: is: the person's own; owns: the person answers for it; NULL: the vendor maps them without saying how
--   rule: vendor: the account's own source says so; email: the same e-mail, in any source
with links as (
    select account_key, identity_key, relation, 'vendor' as rule from main.identity_accounts
    where account_key is not null and identity_key is not null
    union all
    select account_key, identity_key, null, 'vendor' from main.accounts where identity_key is not null
    union all
    select a.account_key, i.identity_key, null, 'email'
    from main.accounts a join main.identities i on i.email = a.email
),
best as (
    select account_key, identity_key, min(relation) as relation, max(rule) as rule
    from links group by account_key, identity_key
)
select b.account_key, a.source as account_source, b.identity_key, i.source as identity_source, b.relation, b.rule
from best b
left join (select account_key, min(source) as source from main.accounts group by account_key) a on a.account_key = b.account_key
left join (select identity_key, min(source) as source from main.identities group by identity_key) i on i.identity_key = b.identity_key
