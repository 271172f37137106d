-- why: The applications that were known at the moment ts.
-- grain: one application as it was then
-- key: application_key
-- reads: main.applications, history.applications
-- inputs: applications
-- caveat: the answer is what was known then: what exports stated at that moment, joined by the rules and the links file of that time. Times are those of runs, so a change shows from the first run that saw it.
--   A moment before the first load is an error, and so is NULL; a moment after the last load, even one in the future, is answered as that load left the file. The macro answers
--   from the reader's default database only; for another database, query its main.applications and history.applications.
-- args: ts
select * from main.applications where _valid_from <= {{moment "ts" "infinity"}}
union all by name
select * exclude (_valid_to, _ended_by) from history.applications
where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
