-- why: What exports stated of accounts at ts: the rows of observed.accounts that were current then.
-- grain: one account as one export stated it then
-- key: _source, _dataset, _hash
-- reads: observed.accounts, observed_history.accounts
-- inputs: accounts
-- caveat: times are those of the runs that saw a change, so a change shows from the run after it; a moment before the first load is an error, and so is NULL; one after the last load is answered
--   as that left it, also one in the future. It answers from the
--   reader's default database only: for another, ask the view observed_history.account_versions there.
-- args: ts
select * from observed.accounts where _valid_from <= {{moment "ts" "infinity"}}
union all by name
select * exclude (_valid_to, _ended_by) from observed_history.accounts
where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
