-- why: What this file knows, from where and how fresh: read it before believing that something is not there.
-- grain: one dataset of one source that was ever asked for
-- key: source, dataset
-- reads: meta.exports, meta.datasets, meta.runs
-- caveat: a dataset that no run asked for, or that a person dropped, is not listed, and the file knows nothing of it.
-- columns:
--   source: configured source
--   vendor: oleria, sailpoint or balkanid
--   dataset: dataset, also the name of its table
--   documented: where its column names come from: vendor, partly or assumed
--   last_status: what became of it in the last run that asked for it
--   last_asked_at: time of that run
--   last_error: why it was not loaded then; NULL when it was
--   current_as_of: time of the last run that confirmed its rows: loaded it or found it unchanged, and did not keep rows for the sake of rejects; NULL: never
--   data_at: the time that those rows are of: of files handed over the time that they have, else when they were fetched
--   age_days: days from data_at to the run that made this file
--   record_count: records of the last load; NULL: never loaded
--   reject_count: records of the last load that were rejected
--   is_filtered: whether the last load asked for a part only
select l.source, split_part(l.dataset, '.', 1) as vendor, l.dataset, d.documented, l.status as last_status, l.as_of as last_asked_at, l.error as last_error,
    l.confirmed_at as current_as_of, l.data_at, {{days_since "least(l.data_at, l.confirmed_at)"}} as age_days, l.record_count, l.reject_count, l.is_filtered
from {{latest_exports}} l
left join meta.datasets d on d.dataset = l.dataset
where l.status not in ('dropped', 'erased')
order by l.source, l.dataset
