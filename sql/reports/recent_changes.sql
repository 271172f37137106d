-- why: What changed in the last seven days before the run that made the file.
-- grain: one row of one table that was added, removed or changed in one run; and one dataset of a source that a run could not see (change unseen)
-- key: changed_at, table_name, _source, _dataset, before, after
-- reads: observed_history.changes, meta.runs
-- caveat: a change shows at the time of the run that saw it. The first load of a source counts as added. Rows may change without the vendor's doing: see cause.
-- columns:
--   changed_at: time of the run that saw it
--   change: added, removed or changed; or unseen: an export that the run did not get or held, so that its changes are not known
--   table_name: table of the common model; NULL when unseen
--   key: key of the row; NULL for tables without one
--   _source: source that the row came from
--   _dataset: dataset that the row came from
--   before: the row as it was; NULL when added
--   after: the row as it is; NULL when removed
--   cause: first load, source dropped (a person took it out of the file), contract changed, column missing (one that the last load had), column returned, values missing or replaced (and a person accepted that, see meta.gates), rejects (their number is not that of the load before), or data: the vendor's own change; when unseen, export held, export missing, or rejects: it closed none of the rows that its rejects may be about (see meta.exports)
select * from observed_history.changes
where changed_at > to_timestamp(epoch({{as_of}}) - 7 * 86400) and changed_at <= {{as_of}}
