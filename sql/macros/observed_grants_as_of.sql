-- why: What exports stated about grants at the moment ts: the rows of observed.grants that were current then.
-- grain: one grant as one export stated it then
-- key: _source, _dataset, _hash
-- reads: observed.grants, observed_history.grants
-- inputs: grants
-- caveat: times are those of runs, so a change shows from the first run that saw it. A moment before the first load is an error, and so is NULL; a moment after the last load,
--   even one in the future, is answered as that load left the file. The macro answers from the reader's default database only; for another database, query its view
--   observed_history.grant_versions.
-- args: ts
select * from observed.grants where _valid_from <= {{moment "ts" "infinity"}}
union all by name
select * exclude (_valid_to, _ended_by) from observed_history.grants
where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
