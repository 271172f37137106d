-- why: SailPoint lists entitlements by an account attribute of which no account's values are read: nobody is known to hold them. An emit for the attribute, in a contract of your own for sailpoint.accounts, reads them.
-- severity: warning
-- reads: observed.entitlements, observed.accounts
with listed as (
    select source, application_key, attribute, count(*) as entitlement_count
    from observed.entitlements where _dataset = 'sailpoint.entitlements' and attribute is not null group by all
),
read as (
    select distinct source, application_key, lower(attribute) as attribute from observed.entitlements where _dataset = 'sailpoint.accounts'
)
select l.source, l.application_key, l.attribute, l.entitlement_count
from listed l anti join read r on r.source = l.source and r.application_key = l.application_key and r.attribute = lower(l.attribute)
where exists (from observed.accounts a where a._dataset = 'sailpoint.accounts' and a.source = l.source and a.application_key = l.application_key)
