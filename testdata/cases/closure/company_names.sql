-- The names of the people and things of company.sql.
create or replace temp macro k(kind, n) as kind || ':' || substr(md5(kind || n::varchar), 1, 13);
insert into main.identities (identity_key, display_name, email, status) select k('identity', i), 'Person ' || i, 'person' || i || '@example.com', 'active' from range(100000) t(i);
insert into main.accounts (account_key, username, status, application_key) select k('account', a), 'user' || a, 'active', 'application:' || (a % 200) from range(150000) t(a);
insert into main.groups (group_key, name) select k('group', g), 'Group ' || g from range(20000) t(g);
insert into main.roles (role_key, name) select k('role', r), 'Role ' || r from range(2500) t(r);
insert into main.entitlements (entitlement_key, name) select k('entitlement', e), 'Entitlement ' || e from range(20000) t(e) union all select 'entitlement:crown', 'Crown';
insert into main.applications (application_key, name) select 'application:' || p, 'Application ' || p from range(200) t(p);
