-- why: Keys that a row names but no export described, so that a join loses it.
-- grain: one kind of reference from one table to another, per source
-- key: source, table_name, column_name, target_table
-- reads: grants, accounts, identities, identity_accounts, applications, groups, roles, entitlements, resources
-- caveat: a reference into a dataset that was never fetched dangles as a whole; see report.coverage.
-- columns:
--   source: source whose rows hold the reference
--   table_name: table that holds it
--   column_name: column that holds it
--   target_table: table in which the key is not found
--   reference_count: rows of table_name with a key in the column
--   dangling_count: rows whose key is not found
--   example_key: one key that is not found
with refs as (
    select source, 'grants' as table_name, 'principal_key' as column_name,
        case principal_kind when 'identity' then 'identities' else principal_kind || 's' end as target_table, principal_key as key from main.grants
    union all
    select source, 'grants', 'target_key', case target_kind when 'identity' then 'identities' else target_kind || 's' end, target_key from main.grants
    union all
    select source, 'grants', 'application_key', 'applications', application_key from main.grants
    union all
    select source, 'accounts', 'application_key', 'applications', application_key from main.accounts
    union all
    select source, 'accounts', 'identity_key', 'identities', identity_key from main.accounts
    union all
    select source, 'identity_accounts', 'identity_key', 'identities', identity_key from main.identity_accounts
    union all
    select source, 'identity_accounts', 'account_key', 'accounts', account_key from main.identity_accounts
    union all
    select source, 'identities', 'manager_identity_key', 'identities', manager_identity_key from main.identities
    union all
    select source, 'entitlements', 'application_key', 'applications', application_key from main.entitlements
),
known as (
    select 'identities' as target_table, identity_key as key from main.identities
    union all select 'accounts', account_key from main.accounts
    union all select 'applications', application_key from main.applications
    union all select 'groups', group_key from main.groups
    union all select 'roles', role_key from main.roles
    union all select 'entitlements', entitlement_key from main.entitlements
    union all select 'resources', resource_key from main.resources
),
looked_up as ( -- IN, not a join: it needs no list of distinct keys, and a key that is there twice counts once
    select *, (target_table, key) in (select (target_table, key) from known where key is not null) as is_known
    from refs
    where key is not null and target_table is not null
)
select source, table_name, column_name, target_table,
    count(*) as reference_count,
    count(*) filter (not is_known) as dangling_count,
    min(key) filter (not is_known) as example_key
from looked_up
group by all
having count(*) filter (not is_known) > 0
