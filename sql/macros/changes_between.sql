-- why: What changed in the people, accounts and other things and in who has what, after from_ts and up to to_ts.
-- grain: one thing or edge that was added, removed or changed in one run; and one dataset of a source that a run could not see (change unseen)
-- key: changed_at, table_name, key, _source, _dataset, before, after
-- reads: history.changes
-- caveat: what history.changes says, of which this is a part; observed_changes_between tells what changed in the exports. Up to a moment before the first run nothing is known, which is an error, and so is a moment that is NULL, a from_ts after to_ts or one in the future. It answers from the reader's
--   default database only: for another, filter the view history.changes there by changed_at.
-- args: from_ts, to_ts
select * from history.changes
where changed_at > least({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
    and changed_at <= greatest({{moment "from_ts" "-infinity"}}, {{moment "to_ts" "infinity"}})
