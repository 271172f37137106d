-- why: All versions of accounts, the current ones included: what accounts_as_of answers, from any attached database. One version is true at a
--   moment ts where _valid_from <= ts and (_valid_to > ts or _valid_to is null).
-- grain: one version of one account
-- key: account_key, _valid_from
-- reads: main.accounts, history.accounts
-- inputs: accounts
-- caveat: each version is what was known then: later links do not change it. Times are those of the runs that saw a change, so a change shows from the run after it; of a moment before the first load nothing is known.
select *, null::timestamptz as _valid_to, null::varchar as _ended_by from main.accounts
union all by name
select * from history.accounts
