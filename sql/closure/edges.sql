-- why: The grants, with the numbers of their nodes in place of keys.
-- grain: one grant
-- key: grant_key
-- reads: main.grants, closure.nodes
-- columns:
--   principal: closure.nodes.node of whoever has the target
--   target: closure.nodes.node of what the principal has
--   privilege: what may be done, as in main.grants
--   is_denied: true: the grant denies the privilege
--   is_direct: as in main.grants: false: the vendor says that the access comes through something else; NULL: no source says
--   grant_key: key of the grant in main.grants
--   holder: number of the principal in closure.reach; NULL if it passes nothing on, as accounts and identities do not
--   opens: number in closure.reach of the target, through which the principal has what the target has; NULL if the grant denies, or if the target passes nothing on
select p.node as principal, t.node as target, g.privilege, coalesce(g.effect = 'deny', false) as is_denied, g.is_direct, g.grant_key,
    p.holder, case when g.effect is distinct from 'deny' then t.holder end as opens
from main.grants g
join closure.nodes p on p.kind = g.principal_kind and p.key = g.principal_key
join closure.nodes t on t.kind = g.target_kind and t.key = g.target_key
order by p.node, t.node, g.privilege, g.grant_key
