-- why: All versions of identities, the current ones included: what identities_as_of answers, but from any attached database. A version holds at a
--   moment ts if _valid_from <= ts and (_valid_to > ts or _valid_to is null).
-- grain: one version of one identity
-- key: identity_key, _valid_from
-- reads: main.identities, history.identities
-- inputs: identities
-- caveat: each version is what was known at its time; links that were found later do not change it. Times are those of runs, so a change shows from the first run that saw it; nothing is known about moments before the first load.
select *, null::timestamptz as _valid_to, null::varchar as _ended_by from main.identities
union all by name
select * from history.identities
