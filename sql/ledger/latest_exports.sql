-- why: What became of the newest export of each dataset, and of which load the rows are that the file holds.
-- grain: one dataset of one source that was ever asked for
-- key: source, dataset
-- reads: meta.exports
-- caveat: the newest export may have failed or be held; then the rows are those of loaded_run_id, as of confirmed_at.
-- columns:
--   source: configured source
--   dataset: dataset, <vendor>.<plural>
--   run_id: last run that asked for it
--   as_of: time of that run
--   status: what became of it then: loaded, unchanged, held, failed, incomplete or skipped; dropped or erased where a person took its rows out of the file
--   error: why it was not loaded then; NULL when it was
--   failure: class of that error; see meta.exports
--   has_rows: whether the file holds what was loaded: it was loaded once, and not dropped since
--   loaded_run_id: last run that loaded it; NULL: never. An export found unchanged is not loaded again
--   loaded_at: time of that run
--   record_count: records of that load
--   reject_count: records of that load that were rejected
--   mode: snapshot or append, in that load
--   is_filtered: whether that load, or one that found it unchanged, asked for a part only
--   confirmed_at: time of the last run that confirmed its rows: loaded it or found it unchanged, and did not keep rows for the sake of rejects; NULL: never
--   data_at: the time that the rows confirmed then are of: of files handed over the time that they have, else when they were fetched
select source, dataset,
    arg_max(run_id, as_of) as run_id, max(as_of) as as_of, arg_max(status, as_of) as status,
    nullif(arg_max(coalesce(error, ''), as_of), '') as error, nullif(arg_max(coalesce(failure, ''), as_of), '') as failure,
    coalesce(arg_max(status, as_of) filter (status in ('loaded', 'dropped', 'erased')) = 'loaded', false) as has_rows,
    arg_max(run_id, as_of) filter (status = 'loaded') as loaded_run_id, max(as_of) filter (status = 'loaded') as loaded_at,
    arg_max(record_count, as_of) filter (status = 'loaded') as record_count, arg_max(reject_count, as_of) filter (status = 'loaded') as reject_count,
    arg_max(mode, as_of) filter (status = 'loaded') as mode,
    arg_max(is_filtered, as_of) filter (status in ('loaded', 'unchanged')) as is_filtered,
    max(as_of) filter (status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0) as confirmed_at,
    arg_max(coalesce(data_at, as_of), as_of) filter (status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0) as data_at
from meta.exports group by source, dataset
