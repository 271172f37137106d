-- why: The accounts that there were at ts.
-- grain: one account as it was then
-- key: account_key
-- reads: main.accounts, history.accounts
-- inputs: accounts
-- caveat: what was known then: what exports stated at that moment, joined by the rules and the links file of that time; observed_accounts_as_of has the statements. Times are those of the runs that saw a change, so a change shows from the run after it;
--   a moment before the first load is an error, and so is NULL; one after the last load is answered as that left it, also one in the future. It answers from the
--   reader's default database only: for another, ask the view history.account_versions there.
-- args: ts
select * from main.accounts where _valid_from <= {{moment "ts" "infinity"}}
union all by name
select * exclude (_valid_to, _ended_by) from history.accounts
where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
