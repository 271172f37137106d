-- why: An account has a grant, though exports that once listed the account no longer do: the exports do not fit together.
-- severity: warning
-- reads: main.grants, main.accounts, history.accounts
select g.grant_key, g.principal_key, g.sources
from main.grants g
join main.accounts a on g.principal_kind = 'account' and a.account_key = g.principal_key and not a.is_described
where a.account_key in (select h.account_key from history.accounts h where h.is_described)
