-- why: One native id of a source stands for several identity keys in observed: the same record was given two keys.
-- severity: error
-- reads: observed.identities
select source, native_id, count(distinct identity_key) as key_count
from observed.identities where native_id is not null group by source, native_id having count(distinct identity_key) > 1
