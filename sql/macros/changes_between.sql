-- why: What changed in people, accounts and other things, and in who has what, after from_ts and up to and including to_ts.
-- grain: one thing or edge that was added, removed or changed in one run; and one dataset of a source that a run could not see (change is unseen)
-- key: changed_at, table_name, key, _source, _dataset, before, after
-- reads: history.changes
-- caveat: the columns and caveats are those of history.changes, of which this is a part; observed_changes_between has what changed in the exports. It is an error if a moment is NULL or before the first load, if from_ts is later than to_ts, or if from_ts is in the future. The macro answers
--   from the reader's default database only; for another database, filter its view history.changes by changed_at.
-- args: from_ts, to_ts
select * from history.changes
where changed_at > least({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
    and changed_at <= greatest({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
