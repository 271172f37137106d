-- why: What became of the newest export of each dataset, and which load the rows in the file come from.
-- grain: one dataset of one source that was ever asked for
-- key: source, dataset
-- reads: meta.exports
-- caveat: if the newest export failed or is held, the rows are still those that loaded_run_id loaded, last confirmed at confirmed_at.
-- columns:
--   source: name of the configured source
--   dataset: dataset, <vendor>.<plural>
--   run_id: the last run that asked for it
--   as_of: time of that run
--   status: what became of it then: loaded, unchanged, held, failed, incomplete or skipped; dropped or erased where a person took its rows out of the file
--   error: why it was not loaded then; NULL if it was
--   failure: class of that error, see meta.exports; NULL if there was none
--   has_rows: true: the file holds the rows of a load: the dataset was loaded, and has not been dropped since
--   loaded_run_id: the last run that loaded it; NULL: none did. An export that is found unchanged is not loaded again
--   loaded_at: time of that run; NULL: never loaded
--   record_count: number of records of that load; NULL: never loaded
--   reject_count: number of records of that load that were rejected; NULL: never loaded
--   item_reject_count: number of items of records of that load that were rejected; NULL: never loaded, or by a version of the program that did not count them
--   mode: snapshot (what is missing is gone) or append, in that load; NULL: never loaded
--   is_filtered: true: the last export that was loaded or found unchanged covers only a part; see meta.exports
--   confirmed_at: time of the last run that confirmed its rows: one that loaded the export or found it unchanged, and did not have to keep rows because of rejects; NULL: none did
--   data_at: moment that the rows confirmed then describe: for files handed over by hand the time that the document, its name or the file states, else when they were fetched; NULL: never confirmed
select source, dataset,
    arg_max(run_id, as_of) as run_id, max(as_of) as as_of, arg_max(status, as_of) as status,
    nullif(arg_max(coalesce(error, ''), as_of), '') as error, nullif(arg_max(coalesce(failure, ''), as_of), '') as failure,
    coalesce(arg_max(status, as_of) filter (status in ('loaded', 'dropped', 'erased')) = 'loaded', false) as has_rows,
    arg_max(run_id, as_of) filter (status = 'loaded') as loaded_run_id, max(as_of) filter (status = 'loaded') as loaded_at,
    arg_max(record_count, as_of) filter (status = 'loaded') as record_count, arg_max(reject_count, as_of) filter (status = 'loaded') as reject_count,
    arg_max(item_reject_count, as_of) filter (status = 'loaded') as item_reject_count,
    arg_max(mode, as_of) filter (status = 'loaded') as mode,
    arg_max(is_filtered, as_of) filter (status in ('loaded', 'unchanged')) as is_filtered,
    max(as_of) filter (status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0) as confirmed_at,
    arg_max(coalesce(data_at, as_of), as_of) filter (status in ('loaded', 'unchanged') and coalesce(kept_count, 0) = 0) as data_at
from meta.exports group by source, dataset
