-- why: A grant of an account that was there once and is gone: the vendor's exports do not fit together.
-- severity: warning
-- reads: observed.grants, observed.accounts, observed_history.accounts
select g.grant_key, g.principal_key, g.source
from observed.grants g
where g.principal_kind = 'account'
    and g.principal_key in (select h.account_key from observed_history.accounts h)
    and g.principal_key not in (select a.account_key from observed.accounts a where a.account_key is not null)
