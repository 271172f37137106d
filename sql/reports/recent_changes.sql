-- why: What changed in the people, accounts and other things and in who has what, in the last seven days before the run that made the file.
-- grain: one thing or edge that was added, removed or changed in one run; and one dataset of a source that a run could not see (change unseen) or loaded for the first time (change loaded)
-- key: changed_at, table_name, key, _source, _dataset, before, after
-- reads: history.changes, meta.runs, meta.exports, meta.drift, meta.gates, meta.findings, meta.link_runs
-- caveat: a change shows at the time of the run that saw it. What an export brought or changed when it was loaded for the first time is one line, loaded, and its rows are not listed; neither is what else became of things in a run that loaded nothing but such exports (two that became one by what a new source says of them). history.changes and changes_between have all of it. Things may change without the vendor's doing: see cause; a thing that is removed need not be gone: see link_change.
-- columns:
--   changed_at: time of the run that saw it
--   change: added, removed or changed; or unseen: an export that the run did not get or held, so that its changes are not known; or loaded: an export that was loaded for the first time, whose rows are not listed
--   table_name: table of main; NULL when unseen or loaded
--   key: key of the thing or grant; NULL for identity_accounts, whose two keys are in before and after
--   _source: source of the export that tells the cause; NULL where no statement of it changed
--   _dataset: dataset of that export
--   before: the thing as it was, as JSON; NULL when added
--   after: the thing as it is, as JSON; NULL when removed; of an export that was loaded its record_count
--   cause: source dropped (a person took it out of the file), contract changed, request changed (it was narrowed or widened), part missing (and a person accepted that), part gone (from the vendor's own list, see meta.findings), column missing (one that the last load had), column returned, values missing or replaced (and a person accepted that, see meta.gates), rejects (their number is not that of the load before), data (the vendor's own change), or links changed: no statement of it came, went or changed, but others are taken for it now, or for what it refers to; first load when loaded; when unseen, export held, part missing, column missing, values missing or replaced (held for that), export missing, or rejects: it closed none of the rows that its rejects may be about (see meta.exports)
--   link_change: how statements went over from one thing to another, see meta.key_changes: merge (two things are one now: the one that is removed is not gone), split, move; NULL: none did
--   other_keys: keys of the other things of that merge, split or move
select * from history.changes
where {{recent "changed_at" 7}} and change <> 'unseen' and cause <> 'first load'
union all
select as_of, 'unseen', null, null, source, dataset, null, null, cause, null, null
from {{export_causes}}
where not is_seen and as_of > to_timestamp(epoch({{as_of}}) - 7 * 86400) and as_of <= {{as_of}}
union all
select c.as_of, 'loaded', null, null, c.source, c.dataset, null, to_json(struct_pack(record_count := e.record_count)), c.cause, null, null
from {{export_causes}} c
join meta.exports e on e.run_id = c.run_id and e.source = c.source and e.dataset = c.dataset
where c.is_seen and c.cause = 'first load' and c.as_of > to_timestamp(epoch({{as_of}}) - 7 * 86400) and c.as_of <= {{as_of}}
