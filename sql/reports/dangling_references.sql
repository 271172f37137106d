-- why: Keys that statements name but no export describes, so that a join within observed loses rows. In main each of them has a row.
-- grain: one kind of reference from one table of observed to another, for each source
-- key: source, table_name, column_name, target_table
-- reads: all tables of observed that refer to one another
-- caveat: all references into a dataset that was never fetched dangle; see report.coverage. Every column that holds the key of another row is examined. In main, what dangles here is only mentioned: is_described is false. What only activities and lifecycle_events name has no row there, as it may be gone. report.keys_differing_by_case lists the keys that would be found if letter case were ignored.
-- columns:
--   source: source whose rows hold the reference
--   table_name: table of observed that holds it
--   column_name: column that holds it
--   target_table: table of observed in which the key is not found
--   reference_count: number of rows of table_name that have a key in the column
--   dangling_count: number of those rows whose key is not found
--   example_key: one key that is not found
with refs as (
    {{reference_rows}}
),
known as (
    {{referred_rows}}
),
looked_up as ( -- IN, not a join: a key that is there twice counts once. One number instead of table and text takes half of the time
    select *, hash(target_table, key) in (select hash(target_table, key) from known) as is_known
    from refs
)
select source, table_name, column_name, target_table,
    count(*) as reference_count,
    count(*) filter (not is_known) as dangling_count,
    min(key) filter (not is_known) as example_key
from looked_up
group by all
having count(*) filter (not is_known) > 0
