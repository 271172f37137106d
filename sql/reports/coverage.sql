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
with last_asked as (
    select source, dataset, arg_max(status, as_of) as last_status, max(as_of) as last_asked_at, arg_max(coalesce(error, ''), as_of) as last_error,
        max(as_of) filter (status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0) as current_as_of,
        arg_max(coalesce(data_at, as_of), as_of) filter (status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0) as data_at
    from meta.exports group by source, dataset
),
last_loaded as (
    select source, dataset, arg_max(record_count, as_of) as record_count, arg_max(reject_count, as_of) as reject_count, arg_max(is_filtered, as_of) as is_filtered
    from meta.exports where status = 'loaded' group by source, dataset
)
select a.source, split_part(a.dataset, '.', 1) as vendor, a.dataset, d.documented, a.last_status, a.last_asked_at, nullif(a.last_error, '') as last_error,
    a.current_as_of, a.data_at, {{days_since "least(a.data_at, a.current_as_of)"}} as age_days, l.record_count, l.reject_count, l.is_filtered
from last_asked a
left join last_loaded l on l.source = a.source and l.dataset = a.dataset
left join meta.datasets d on d.dataset = a.dataset
where a.last_status not in ('dropped', 'erased')
order by a.source, a.dataset
