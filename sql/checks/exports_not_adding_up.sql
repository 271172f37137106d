-- why: The counts of an export do not add up: its records are not all loaded or rejected, or more are counted as repeats than were loaded. The ledger is wrong.
-- severity: error
-- reads: meta.exports
select run_id, source, dataset, record_count, loaded_count, reject_count, repeat_count
from meta.exports where status = 'loaded' and (record_count <> loaded_count + reject_count or repeat_count < 0 or repeat_count >= greatest(loaded_count, 1))
