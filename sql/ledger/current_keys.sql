-- why: Which key a thing of main has now that somebody knows by a key that is no more.
-- grain: one key that no thing has any more, and one thing that statements of its thing are about now
-- key: kind, old_key, key
-- reads: meta.key_changes, meta.links
-- caveat: a key that a thing still has is not here, even if a part of the thing split off. A key that has several rows was that of a thing which fell apart. Keys of things that are gone, with no statement left, are not here.
-- columns:
--   kind: table of the thing
--   old_key: the key before
--   key: the key that the thing has now, through however many changes
with recursive live as materialized (
    select distinct l.kind, l.key
    from meta.links l
    join (select kind, old_key as key from meta.key_changes union select kind, new_key from meta.key_changes) c on c.kind = l.kind and c.key = l.key
),
followed as (
    select c.kind, c.old_key, c.new_key as key
    from meta.key_changes c
    left join live l on l.kind = c.kind and l.key = c.old_key
    where l.key is null
    union
    select f.kind, f.old_key, c.new_key
    from followed f
    join meta.key_changes c on c.kind = f.kind and c.old_key = f.key
    left join live l on l.kind = f.kind and l.key = f.key
    where l.key is null
)
select f.kind, f.old_key, f.key
from followed f
join live l on l.kind = f.kind and l.key = f.key
