-- why: The principals and targets of grants, each with a number, so that the closure need not repeat their keys.
-- grain: one principal or target
-- key: node
-- reads: main.grants
-- columns:
--   node: number, in the order of kind and key; another one after each refresh
--   kind: table of the principal or target, as in grants.target_kind
--   key: its key in that table
--   application_key: application in which it is had, as the grants of it say; NULL: none says, or nobody has it
--   holder: the number under which closure.reach knows it, mostly its own; NULL where it passes nothing on
select (row_number() over (order by kind, key) - 1)::uinteger as node, kind, key, min(application_key) as application_key,
    case when kind in ('group', 'role', 'entitlement') and bool_or(is_principal) then node end as holder
from (
    select principal_kind as kind, principal_key as key, null as application_key, true as is_principal from main.grants
    union all
    select target_kind, target_key, application_key, false from main.grants
)
group by kind, key
order by node
