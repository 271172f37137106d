-- why: The rows of accounts that were current at ts.
-- grain: one account as it was then
-- key: _source, _dataset, _hash
-- reads: accounts, history.accounts
-- caveat: times are those of the runs that saw a change, so a change shows from the run after it; nothing is known from before the first run.
-- args: ts
select * from accounts where _valid_from <= ts::timestamptz
union all by name
select * exclude (_valid_to, _ended_by) from history.accounts
where _valid_from <= ts::timestamptz and _valid_to > ts::timestamptz
