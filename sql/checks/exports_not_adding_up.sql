-- why: An export whose records are not all loaded or rejected: the ledger is wrong.
-- severity: error
-- reads: meta.exports
select run_id, source, dataset, record_count, loaded_count, reject_count
from meta.exports where status = 'loaded' and record_count <> loaded_count + reject_count
