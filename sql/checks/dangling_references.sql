-- why: A statement names a key that no export describes: a join within observed loses the row.
-- severity: warning
-- reads: all tables of observed that refer to one another
with refs as (
    {{reference_rows}}
),
known as (
    {{referred_rows}}
)
-- As report.dangling_references, without the numbers, which take twice as long to count. One
-- number instead of table and text takes half of the memory.
select distinct r.source, r.table_name, r.column_name, r.target_table
from refs r
anti join (select distinct hash(target_table, key) as number from known) k on k.number = hash(r.target_table, r.key)
