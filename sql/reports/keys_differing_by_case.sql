-- why: Keys of statements differ in letter case only: they are probably one thing, which no join within observed brings together.
-- grain: one key, and another spelling of it in the same table or in a column that refers to that table
-- key: source, table_name, column_name, target_table, key, other_key
-- reads: all tables of observed that refer to one another
-- caveat: in some ids letter case does matter, so look before you treat two keys as one. meta.links says whether they are one thing in main. References are examined only if no export describes the key as it is spelled.
-- columns:
--   source: source that spells the key in both ways, or whose rows refer to it
--   table_name: table of observed that holds the key
--   column_name: column that holds the key
--   target_table: table of observed that has the other spelling
--   key: the key; if both are rows of one table, the one that sorts first
--   other_key: the other spelling; of several, the one that sorts last
--   row_count: number of rows with the key in that column; if both are rows of one table, the number of rows with either spelling
with refs as (
    {{reference_rows}}
),
known as (
    {{referred_rows}}
),
twice as ( -- one number instead of table and text: it is grouped in a third of the time
    select hash(target_table, lower(key)) as folded from known group by folded having min(hash(key)) <> max(hash(key))
),
rows_of_one_table as (
    select any_value(k.source) as source, k.target_table, k.column_name, min(k.key) as key, max(k.key) as other_key, count(*) as row_count
    from known k join twice t on t.folded = hash(k.target_table, lower(k.key))
    group by k.target_table, k.column_name, lower(k.key)
    having min(k.key) <> max(k.key)
),
dangling as ( -- what refers to a table of which nothing is there has no other spelling
    select source, table_name, column_name, target_table, key, count(*) as row_count
    from refs where hash(target_table, key) not in (select hash(target_table, key) from known)
        and target_table in (select distinct target_table from known)
    group by all
),
spelled_otherwise as (
    select k.target_table, lower(k.key) as folded, max(k.key) as other_key
    from known k where hash(k.target_table, lower(k.key)) in (select hash(target_table, lower(key)) from dangling)
    group by all
)
select source, target_table as table_name, column_name, target_table, key, other_key, row_count from rows_of_one_table
union all
select d.source, d.table_name, d.column_name, d.target_table, d.key, s.other_key, d.row_count
from dangling d join spelled_otherwise s on s.target_table = d.target_table and s.folded = lower(d.key)
