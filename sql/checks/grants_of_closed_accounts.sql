-- why: A grant of an account that was there once and is gone: the vendor's exports do not fit together.
-- severity: warning
-- reads: main.grants, main.accounts, history.accounts
select g.grant_key, g.principal_key, g.source
from main.grants g
where g.principal_kind = 'account'
    and g.principal_key in (select h.account_key from history.accounts h)
    and g.principal_key not in (select a.account_key from main.accounts a where a.account_key is not null)
