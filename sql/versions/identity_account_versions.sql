-- why: All versions of identity_accounts, the current ones included: what identity_accounts_as_of answers, but from any attached database. A version holds at a
--   moment ts if _valid_from <= ts and (_valid_to > ts or _valid_to is null).
-- grain: one version of one edge between an identity and an account
-- key: identity_key, account_key, relation, _valid_from
-- reads: main.identity_accounts, history.identity_accounts
-- inputs: identities, accounts
-- caveat: each version is what was known at its time; links that were found later do not change it. Times are those of runs, so a change shows from the first run that saw it; nothing is known about moments before the first load.
select *, null::timestamptz as _valid_to, null::varchar as _ended_by from main.identity_accounts
union all by name
select * from history.identity_accounts
