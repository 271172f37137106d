package sql

// Event is an expression for what a change means to whoever looks after access, in words
// joined by commas. It reads the columns table_name, change, before, after, changed_at, cause
// and link_change of history.changes. What nobody said before, or says no longer, has not
// changed in this sense, but for a right of administration and for who outside can open
// something, of which many vendors tell only where they are.
const Event = `case
        when change in ('unseen', 'loaded') then change
        when link_change like '%merge%' and change = 'removed' then 'merged'
        when link_change like '%split%' and change = 'added' then 'split'
        when cause = 'links changed' and change <> 'changed' then 'linked anew'
        when table_name = 'grants' and change = 'added' then case
            when (after->>'effect') = 'deny' then 'denied'
            when (after->>'principal_kind') in ('account', 'identity') then 'granted' else 'widened' end
        when table_name = 'grants' and change = 'removed' then case
            when (before->>'effect') = 'deny' then 'denial ended'
            when ((before->>'expires_at')::timestamptz) <= changed_at then 'expired'
            when (before->>'principal_kind') in ('account', 'identity') then 'revoked' else 'narrowed' end
        when change = 'added' then case table_name when 'identities' then 'joined' when 'accounts' then 'opened' when 'identity_accounts' then 'linked' else 'added' end
        when change = 'removed' then case table_name when 'identities' then 'gone' when 'accounts' then 'closed' when 'identity_accounts' then 'unlinked' else 'removed' end
        else coalesce(nullif(concat_ws(', ',
            case when (table_name in ('identities', 'accounts') and (before->>'status') = 'active' and (after->>'status') in ('inactive', 'suspended', 'terminated'))
                or (table_name = 'roles' and (before->>'is_enabled') = 'true' and (after->>'is_enabled') = 'false') then 'disabled' end,
            case when (table_name in ('identities', 'accounts') and (after->>'status') = 'active' and (before->>'status') in ('inactive', 'suspended', 'terminated'))
                or (table_name = 'roles' and (before->>'is_enabled') = 'false' and (after->>'is_enabled') = 'true') then 'enabled' end,
            case when table_name = 'grants' and (before->>'effect') is distinct from 'deny' and (after->>'effect') = 'deny' then 'denied' end,
            case when table_name = 'grants' and (before->>'effect') = 'deny' and (after->>'effect') is distinct from 'deny' then 'denial ended' end,
            case when ((before->>'is_privileged') is distinct from 'true' and (after->>'is_privileged') = 'true')
                or (table_name = 'grants' and (before->>'expires_at') is not null
                    and coalesce((after->>'expires_at')::timestamptz, timestamptz 'infinity') > ((before->>'expires_at')::timestamptz))
                or (table_name = 'resources' and list_position(['internal', 'external', 'anonymous'], after->>'sharing') > list_position(['internal', 'external', 'anonymous'], coalesce(before->>'sharing', 'internal')))
                then 'widened' end,
            case when ((before->>'is_privileged') = 'true' and (after->>'is_privileged') = 'false')
                or (table_name = 'grants' and (after->>'expires_at') is not null
                    and coalesce((before->>'expires_at')::timestamptz, timestamptz 'infinity') > ((after->>'expires_at')::timestamptz))
                or (table_name = 'resources' and list_position(['internal', 'external', 'anonymous'], after->>'sharing') < list_position(['internal', 'external', 'anonymous'], before->>'sharing'))
                then 'narrowed' end,
            case when table_name = 'identities' and ((before->>'department') <> (after->>'department') or (before->>'title') <> (after->>'title')
                    or (before->>'location') <> (after->>'location') or (before->>'manager_identity_key') <> (after->>'manager_identity_key'))
                or table_name = 'accounts' and (before->>'identity_key') <> (after->>'identity_key') then 'moved' end), ''), 'changed')
    end`
