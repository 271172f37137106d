-- why: What changed in the people, accounts and other things and in who has what, in the last seven days before the run that made the file.
-- grain: one thing or edge that was added, removed or changed in one run; and one dataset of a source that a run could not see (change unseen)
-- key: changed_at, table_name, key, _source, _dataset, before, after
-- reads: history.changes, meta.runs
-- caveat: a change shows at the time of the run that saw it. The first load of a source counts as added, or as changed where another source knew the thing. Things may change without the vendor's doing: see cause; a thing that is removed need not be gone: see link_change.
-- columns:
--   changed_at: time of the run that saw it
--   change: added, removed or changed; or unseen: an export that the run did not get or held, so that its changes are not known
--   table_name: table of main; NULL when unseen
--   key: key of the thing or grant; NULL for identity_accounts, whose two keys are in before and after
--   _source: source of the export that tells the cause; NULL where no statement of it changed
--   _dataset: dataset of that export
--   before: the thing as it was, as JSON; NULL when added
--   after: the thing as it is, as JSON; NULL when removed
--   cause: first load, source dropped (a person took it out of the file), contract changed, request changed (it was narrowed or widened), part missing (and a person accepted that), part gone (from the vendor's own list, see meta.findings), column missing (one that the last load had), column returned, values missing or replaced (and a person accepted that, see meta.gates), rejects (their number is not that of the load before), data (the vendor's own change), or links changed: no statement of it came, went or changed, but others are taken for it now, or for what it refers to; when unseen, export held, part missing, column missing, values missing or replaced (held for that), export missing, or rejects: it closed none of the rows that its rejects may be about (see meta.exports)
--   link_change: how statements went over from one thing to another, see meta.key_changes: merge (two things are one now: the one that is removed is not gone), split, move; NULL: none did
--   other_keys: keys of the other things of that merge, split or move
select * from history.changes
where changed_at > to_timestamp(epoch({{as_of}}) - 7 * 86400) and changed_at <= {{as_of}}
