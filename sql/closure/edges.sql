-- why: The grants, by number.
-- grain: one grant
-- key: grant_key
-- reads: main.grants, closure.nodes
-- columns:
--   principal: node of who has the target
--   target: node of what is had
--   privilege: what may be done, as in grants
--   is_denied: the grant denies it
--   is_direct: as in grants: false where the vendor says that the access comes through something else
--   grant_key: the grant
--   holder: number of the principal in closure.reach; NULL for accounts, identities and others that pass nothing on
--   opens: number in closure.reach of what else is had by it: the target where it allows and the target passes on what it has, else NULL
select p.node as principal, t.node as target, g.privilege, coalesce(g.effect = 'deny', false) as is_denied, g.is_direct, g.grant_key,
    p.holder, case when g.effect is distinct from 'deny' then t.holder end as opens
from main.grants g
join closure.nodes p on p.kind = g.principal_kind and p.key = g.principal_key
join closure.nodes t on t.kind = g.target_kind and t.key = g.target_key
order by p.node, t.node, g.privilege, g.grant_key
