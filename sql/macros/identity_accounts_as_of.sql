-- why: To whom accounts belonged at the moment ts.
-- grain: one edge between an identity and an account as it was then
-- key: identity_key, account_key, relation
-- reads: main.identity_accounts, history.identity_accounts
-- inputs: identities, accounts
-- caveat: the answer is what was known then: what exports stated at that moment, joined by the rules and the links file of that time; observed_accounts_as_of has the statements. Times are those of runs, so a change shows from the first run that saw it.
--   A moment before the first load is an error, and so is NULL; a moment after the last load, even one in the future, is answered as that load left the file. The macro answers
--   from the reader's default database only; for another database, query its view history.identity_account_versions.
-- args: ts
select * from main.identity_accounts where _valid_from <= {{moment "ts" "infinity"}}
union all by name
select * exclude (_valid_to, _ended_by) from history.identity_accounts
where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
