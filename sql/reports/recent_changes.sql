-- why: What changed in people, accounts and other things, and in who has what, in the days before the run that made the file: as many as the setting recent_days says.
-- grain: one thing or edge that was added, removed or changed in one run; and one dataset of a source that a run could not see (change is unseen) or loaded for the first time (change is loaded)
-- key: changed_at, table_name, key, _source, _dataset, before, after
-- since: changed_at
-- reads: history.changes, meta.runs, meta.exports, meta.drift, meta.gates, meta.findings
-- caveat: a change has the time of the run that saw it. An export that was loaded for the first time is one line, loaded, and what it brought or changed is not listed; nor is anything else that happened in a run that loaded only such exports, such as two things that became one. history.changes and changes_between have all of it. If cause is not data, the thing may have changed for another reason than at the vendor; a thing that is removed need not be gone, see link_change.
-- columns:
--   changed_at: time of the run that saw it
--   change: added, removed or changed; unseen: the run did not receive an export, or held it, so that its changes are not known; loaded: an export was loaded for the first time, and its rows are not listed
--   table_name: table of main; NULL if unseen or loaded
--   key: key of the thing or grant; NULL for identity_accounts, whose two keys are in before and after, and if unseen or loaded
--   _source: source of the export that the cause is about; NULL where no statement about the thing changed
--   _dataset: dataset of that export; NULL where _source is
--   before: the thing as it was, as JSON; NULL if added, unseen or loaded
--   after: the thing as it became, as JSON; NULL if removed or unseen; if loaded, the record_count of the export
--   cause: source dropped (a person took the source out of the file), contract changed, request changed (it was narrowed or widened), part missing (a person accepted that), part gone (from the vendor's own list, see meta.findings), column missing (the load before had it), column returned, values missing or replaced (a person accepted that, see meta.gates), rejects (their number differs from that of the load before), data (nothing else was new: the vendor's own change), or links changed (no statement about the thing came, went or changed, but other statements are now linked to it, or to what it refers to); if loaded: first load; if unseen: export held, export missing, part missing, column missing, values missing or replaced (the reason for which it was held), or rejects (no row was closed, since the rejects may stand for those that are missing; see meta.exports)
--   link_change: how statements passed from one thing to another, see meta.key_changes: merge (two things became one: the one that is removed is not gone), split or move; NULL: no statement did
--   other_keys: keys of the other things in that merge, split or move; NULL where link_change is
--   event: what the change means, in words joined by commas. Of grants: granted, revoked, expired (gone, and its expires_at had passed), denied, denial ended; widened or narrowed (a group, role or entitlement has more or less than before, or the grant lasts longer or shorter). Of people: joined, gone, moved (to another department, title, location or manager, both told), disabled, enabled. Of accounts: opened, closed, disabled, enabled, moved (to another person), widened or narrowed (is_privileged). Of accounts of people: linked, unlinked. Of resources: widened or narrowed (sharing). Of roles: disabled, enabled. Of things that are no longer, or newly, told apart: merged, split; of what only follows from other links: linked anew. Else added, removed or changed; unseen if unseen, loaded if loaded. Whether it was the vendor's own change is said by cause
select * from history.changes
where {{recent "changed_at" (setting "recent_days")}} and change <> 'unseen' and cause <> 'first load'
union all
select as_of, 'unseen', null, null, source, dataset, null, null, cause, null, null, 'unseen'
from {{export_causes}}
where not is_seen and as_of > to_timestamp(epoch({{as_of}}) - {{setting "recent_days"}} * 86400) and as_of <= {{as_of}}
union all
select c.as_of, 'loaded', null, null, c.source, c.dataset, null, to_json(struct_pack(record_count := e.record_count)), c.cause, null, null, 'loaded'
from {{export_causes}} c
join meta.exports e on e.run_id = c.run_id and e.source = c.source and e.dataset = c.dataset
where c.is_seen and c.cause = 'first load' and c.as_of > to_timestamp(epoch({{as_of}}) - {{setting "recent_days"}} * 86400) and c.as_of <= {{as_of}}
