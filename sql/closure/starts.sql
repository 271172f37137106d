-- why: Where paths begin: identities by themselves, and accounts with the identities that use them.
-- grain: one identity that is granted something by itself, or one account with one of the identities that use it
-- key: identity_key, start
-- reads: main.identity_accounts, closure.nodes
-- caveat: an account that an identity only answers for (relation owns) gives the identity nothing; an account that nobody is known to use has no identity_key.
-- columns:
--   identity_key: the identity; NULL for an account that nobody is known to use
--   account_key: the account; NULL for the identity by itself
--   start: closure.nodes.node of the account, or of the identity
select distinct i.identity_key, n.key as account_key, n.node as start
from closure.nodes n
left join main.identity_accounts i on i.account_key = n.key and i.relation is distinct from 'owns'
where n.kind = 'account'
union all
select key, null, node from closure.nodes where kind = 'identity'
order by identity_key, start
