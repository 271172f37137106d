-- why: All versions of observed.accounts, the current ones included: what observed_accounts_as_of answers, but from any attached database. A version holds at a
--   moment ts if _valid_from <= ts and (_valid_to > ts or _valid_to is null).
-- grain: one version of what one export states about one account
-- key: _source, _dataset, _hash, _valid_from
-- reads: observed.accounts, observed_history.accounts
-- inputs: accounts
-- caveat: times are those of runs, so a change shows from the first run that saw it; nothing is known about moments before the first load.
select *, null::timestamptz as _valid_to, null::varchar as _ended_by from observed.accounts
union all by name
select * from observed_history.accounts
