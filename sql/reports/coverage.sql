-- why: What this file knows, from where, and how fresh it is. Read it before you conclude that something does not exist.
-- grain: one dataset of one source that was ever asked for
-- key: source, dataset
-- reads: meta.exports, meta.datasets, meta.runs
-- caveat: a dataset that no run asked for, or that a person dropped, is not listed, and the file knows nothing about it.
-- columns:
--   source: name of the configured source
--   vendor: oleria, sailpoint or balkanid
--   dataset: dataset, also the name of its table
--   documented: where its column names come from: vendor (its page lists them), partly, or assumed
--   last_status: what became of it in the last run that asked for it; see meta.exports.status
--   last_asked_at: time of that run
--   last_error: why it was not loaded then; NULL if it was
--   current_as_of: time of the last run that confirmed its rows: one that loaded the export or found it unchanged, and did not have to keep rows because of rejects; NULL: none did
--   data_at: moment that those rows describe: for files handed over by hand the time that the document, its name or the file states, else when they were fetched; NULL: never confirmed
--   age_days: whole days from data_at to the run that made this file; NULL where data_at is
--   record_count: number of records of the last load; NULL: never loaded
--   reject_count: number of records of the last load that were rejected; NULL: never loaded
--   is_filtered: true: the last export that was loaded or found unchanged covers only a part; see meta.exports
select l.source, split_part(l.dataset, '.', 1) as vendor, l.dataset, d.documented, l.status as last_status, l.as_of as last_asked_at, l.error as last_error,
    l.confirmed_at as current_as_of, l.data_at, {{days_since "least(l.data_at, l.confirmed_at)"}} as age_days, l.record_count, l.reject_count, l.is_filtered
from {{latest_exports}} l
left join meta.datasets d on d.dataset = l.dataset
where l.status not in ('dropped', 'erased')
order by l.source, l.dataset
