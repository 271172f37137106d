-- why: Changes to roles that role insights recommend, and how many people each would touch.
-- grain: one entitlement to add to or remove from one role
-- key: recommendation_key
-- reads: main.role_recommendations, main.roles
-- inputs: role_recommendations
-- caveat: a recommendation changes nothing by itself. The role's name is NULL where nobody told it.
-- columns:
--   recommendation_key: the recommendation
--   source: source that recommends it
--   role_key: role that should change
--   role_name: its name; NULL: not told
--   kind: add, remove or unknown; NULL: not said
--   entitlement_name: entitlement to add or remove
--   attribute: account attribute that carries it
--   value: value of that attribute
--   application_name: application or source
--   identities_with_access: members that already have it
--   identities_impacted: members that the change would touch
--   total_identities: members of the role
--   impacted_percent: share of members touched, 0 to 100; NULL where a count is missing
select r.recommendation_key, r.source, r.role_key, o.name as role_name, r.kind, r.entitlement_name, r.attribute, r.value, r.application_name,
    r.identities_with_access, r.identities_impacted, r.total_identities,
    round(100.0 * r.identities_impacted / nullif(r.total_identities, 0), 1) as impacted_percent
from main.role_recommendations r
left join main.roles o on o.role_key = r.role_key
order by r.identities_impacted desc nulls last, r.recommendation_key
