-- why: All versions of observed.identities, the current ones included: what observed_identities_as_of answers, from any attached database. One version is true at a
--   moment ts where _valid_from <= ts and (_valid_to > ts or _valid_to is null).
-- grain: one version of what one export states of one identity
-- key: _source, _dataset, _hash, _valid_from
-- reads: observed.identities, observed_history.identities
-- inputs: identities
-- caveat: times are those of the runs that saw a change, so a change shows from the run after it; of a moment before the first load nothing is known.
select *, null::timestamptz as _valid_to, null::varchar as _ended_by from observed.identities
union all by name
select * from observed_history.identities
