-- why: The hash that binds the ledger of a run to the ledger of the run before it. It equals meta.runs.chain_hash unless one of the two was changed afterwards.
-- args: run
-- reads: meta.runs, meta.exports
-- caveat: it answers from the reader's default database only.
select sha256(concat_ws(chr(10),
    (select p.chain_hash from meta.runs p where p.run_id = r.previous_id),
    r.this_id, epoch_us(r.started_at), epoch_us(r.finished_at), epoch_us(r.as_of), r.status, r.command, r.version, r.previous_id,
    (select string_agg(concat_ws('|', e.source, e.dataset, e.status, array_to_string(e.artifact_ids, ','),
        e.record_count, e.loaded_count, e.reject_count, e.inserted_count, e.closed_count, e.unchanged_count,
        e.bytes, e.parts, e.contract, e.error), chr(10) order by e.source, e.dataset)
     from meta.exports e where e.run_id = r.this_id)))
from (
    -- Not called run_id here: an argument of that name must mean the caller's column.
    select run_id as this_id, previous_run_id as previous_id, started_at, finished_at, as_of, status, command, version
    from meta.runs
) r where r.this_id = run
