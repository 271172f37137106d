-- why: To whom accounts belonged at ts.
-- grain: one edge between identity and account as it was then
-- key: identity_key, account_key, relation
-- reads: main.identity_accounts, history.identity_accounts
-- inputs: identities, accounts
-- caveat: what was known then: what exports stated at that moment, joined by the rules and the links file of that time; observed_accounts_as_of has the statements. Times are those of the runs that saw a change, so a change shows from the run after it;
--   a moment before the first load is an error, and so is NULL; one after the last load is answered as that left it, also one in the future. It answers from the
--   reader's default database only: for another, ask the view history.identity_account_versions there.
-- args: ts
select * from main.identity_accounts where _valid_from <= {{moment "ts" "infinity"}}
union all by name
select * exclude (_valid_to, _ended_by) from history.identity_accounts
where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
