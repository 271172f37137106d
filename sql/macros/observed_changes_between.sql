-- why: What changed in what exports state after from_ts and up to to_ts.
-- grain: one row of one table that was added, removed or changed in one run; and one dataset of a source that a run could not see (change unseen)
-- key: changed_at, table_name, _source, _dataset, before, after
-- reads: observed_history.changes
-- caveat: what observed_history.changes says, of which this is a part. Up to a moment before the first run nothing is known, which is an error, and so is a moment that is NULL, a from_ts after to_ts or one in the future. It answers from the reader's
--   default database only: for another, filter the view observed_history.changes there by changed_at.
-- args: from_ts, to_ts
select * from observed_history.changes
where changed_at > least({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
    and changed_at <= greatest({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
