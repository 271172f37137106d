-- why: What changed, after from_ts and up to and including to_ts, in what exports state.
-- grain: one row of one table that was added, removed or changed in one run; and one dataset of a source that a run could not see (change is unseen)
-- key: changed_at, table_name, _source, _dataset, before, after
-- reads: observed_history.changes
-- caveat: the columns and caveats are those of observed_history.changes, of which this is a part. It is an error if a moment is NULL or before the first load, if from_ts is later than to_ts, or if from_ts is in the future. The macro answers
--   from the reader's default database only; for another database, filter its view observed_history.changes by changed_at.
-- args: from_ts, to_ts
select * from observed_history.changes
where changed_at > least({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
    and changed_at <= greatest({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
