-- A million grants of usual shape: 100,000 people with 150,000 accounts in teams, groups nested 4 deep, roles
-- of 50 entitlements and roles of roles, and one entitlement that some 5,000 people reach.
create temp macro k(kind, n) as kind || ':' || substr(md5(kind || n::varchar), 1, 13);
insert into main.grants (grant_key, principal_kind, principal_key, target_kind, target_key, application_key, privilege, effect, is_direct)
with e as (
	select 'account' pk, k('account', a) pkey, 'group' tk, k('group', hash(a * 31 + j) % 12000) tkey, 'member' privilege, null effect from range(150000) t(a), range(4) u(j)
	union all select 'group', k('group', g), 'group', k('group', case when g < 12000 then 12000 + hash(g * 7 + j) % 5000 when g < 17000 then 17000 + hash(g * 7 + j) % 2000 else 19000 + hash(g * 7 + j) % 1000 end), 'member', null from range(19000) t(g), range(2) u(j) where j = 0 or g % 3 = 0
	union all select 'group', k('group', g), 'entitlement', k('entitlement', hash(g * 11 + j) % 20000), 'use', case when hash(g * 11 + j) % 200 = 0 then 'deny' end from range(20000) t(g), range(5) u(j)
	union all select 'role', k('role', r), 'entitlement', k('entitlement', hash(r * 13 + j) % 20000), null, null from range(2000) t(r), range(50) u(j)
	union all select 'role', k('role', 2000 + b), 'role', k('role', hash(b * 17 + j) % 2000), null, null from range(500) t(b), range(3) u(j)
	union all select 'identity', k('identity', i), 'role', k('role', hash(i * 19) % 2500), null, null from range(100000) t(i)
	union all select 'account', k('account', a), 'entitlement', k('entitlement', hash(a * 23) % 20000), 'use', null from range(75000) t(a)
	union all select 'group', k('group', 19000 + g), 'entitlement', 'entitlement:crown', 'use', null from range(5) t(g)
)
select distinct 'grant:' || substr(md5(pkey || tkey || coalesce(privilege, '')), 1, 13), pk, pkey, tk, tkey, 'application:' || (hash(tkey) % 200), privilege, effect, null::boolean from e;
insert into main.identity_accounts (identity_key, account_key, relation) select k('identity', a % 100000), k('account', a), 'is' from range(150000) t(a);
