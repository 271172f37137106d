-- why: The principals and targets of grants, each with a number, so that the closure need not repeat keys.
-- grain: one principal or target
-- key: node
-- reads: main.grants
-- columns:
--   node: number, in the order of kind and key; it may be another one after each refresh
--   kind: table of the principal or target, as in main.grants.target_kind
--   key: its key in that table
--   application_key: application of this target, as its grants say; NULL: none says, or it is the target of no grant
--   holder: its number in closure.reach, mostly the same as node; NULL if it passes nothing on
select (row_number() over (order by kind, key) - 1)::uinteger as node, kind, key, min(application_key) as application_key,
    case when kind in ('group', 'role', 'entitlement') and bool_or(is_principal) then node end as holder
from (
    select principal_kind as kind, principal_key as key, null as application_key, true as is_principal from main.grants
    union all
    select target_kind, target_key, application_key, false from main.grants
)
group by kind, key
order by node
