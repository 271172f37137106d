-- why: A statement names a key that no export describes: a join within observed loses the row.
-- severity: warning
-- reads: all tables of observed that refer to one another
with refs as (
    {{reference_rows}}
),
known as (
    {{referred_rows}}
)
-- As report.dangling_references, without the numbers, which take twice as long to count.
select distinct r.source, r.table_name, r.column_name, r.target_table
from refs r
anti join known k on k.target_table = r.target_table and k.key = r.key
