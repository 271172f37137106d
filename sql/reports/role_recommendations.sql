-- why: Changes to roles that role insights recommend, and how many people each would touch.
-- grain: one entitlement to add to or remove from one role
-- key: recommendation_key
-- reads: main.role_recommendations, main.roles
-- inputs: role_recommendations
-- caveat: a recommendation changes nothing by itself.
-- columns:
--   recommendation_key: key of the recommendation in main.role_recommendations
--   source: name of the source that recommends it
--   role_key: key in main.roles of the role that should change
--   role_name: name of that role; NULL: no source says
--   kind: add, remove or unknown; NULL: the vendor did not say
--   entitlement_name: name of the entitlement to add or remove; NULL: the vendor did not say
--   attribute: account attribute that carries the entitlement; NULL: the vendor did not say
--   value: value of that attribute; NULL: the vendor did not say
--   application_name: application or source, as delivered; NULL: the vendor did not say
--   identities_with_access: number of members of the role that already have the entitlement; NULL: the vendor did not say
--   identities_impacted: number of members that the change would affect; NULL: the vendor did not say
--   total_identities: number of members of the role; NULL: the vendor did not say
--   impacted_percent: percentage of members affected, 0 to 100; NULL where one of the two counts is
select r.recommendation_key, r.source, r.role_key, o.name as role_name, r.kind, r.entitlement_name, r.attribute, r.value, r.application_name,
    r.identities_with_access, r.identities_impacted, r.total_identities,
    round(100.0 * r.identities_impacted / nullif(r.total_identities, 0), 1) as impacted_percent
from main.role_recommendations r
left join main.roles o on o.role_key = r.role_key
order by r.identities_impacted desc nulls last, r.recommendation_key
