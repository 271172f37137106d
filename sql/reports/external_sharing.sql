-- why: What people outside your organisation can open, and whether everybody can who has the link.
-- grain: one resource
-- key: resource_key
-- reads: main.resources, main.applications, main.usage, meta.runs
-- inputs: resources.sharing
-- caveat: only resources of which a source tells the audience are listed. Where sharing is unknown, the source has another word for it, and the audience may be wider than certain outsiders. Sources say with how many people a resource is shared, not with whom: main.grants has nothing of it. Two files of one name that a source gives no ids are one resource here.
-- columns:
--   resource_key: the resource
--   sources: names of the sources that have it
--   application_key: application to which the resource belongs; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   name: name of the resource; NULL: no source says
--   kind: type in the vendor's own word, such as file; NULL: no source says
--   sharing: anonymous: whoever has the link; external: certain outsiders; unknown: a source has another word for it
--   method: the vendor's own word for how it is shared; NULL: no source says
--   external_user_count: number of people outside with whom it is shared, the greatest that a source states; NULL: no source says
--   shared_by: name or address of who shared it, as delivered; NULL: no source says
--   owner_email: e-mail of the owner; NULL: no source says
--   last_activity_at: last use by anybody; NULL: never, or no source says
--   idle_days: days without use, counted back from the run that made the file, or else as a source counts them; NULL: no source says
--   is_minimum: true: idle_days is a lower bound, as the source gives it
with outside as (
    select * from main.resources where sharing <> 'internal'
),
counted as (
    select subject_key, max(value)::bigint as external_user_count from main.usage
    where subject_kind = 'resource' and metric = 'external_users' and subject_key in (select resource_key from outside)
    group by subject_key
),
idle as (
    select subject_key, min(value)::bigint as days, bool_and(coalesce(json_extract_string(attributes, '$.dormant_days_is_minimum') = 'true', false)) as is_minimum
    from main.usage
    where subject_kind = 'resource' and metric = 'dormant_days' and subject_key in (select resource_key from outside)
    group by subject_key
)
select r.resource_key, r.sources, r.application_key, a.name as application_name, r.name, r.kind, r.sharing, json_extract_string(r.attributes, '$.sharing_method') as method,
    c.external_user_count, json_extract_string(r.attributes, '$.shared_by') as shared_by, r.owner_email, r.last_activity_at,
    coalesce({{days_since "r.last_activity_at"}}, i.days) as idle_days, r.last_activity_at is null and coalesce(i.is_minimum, false) as is_minimum
from outside r
left join counted c on c.subject_key = r.resource_key
left join idle i on i.subject_key = r.resource_key
left join main.applications a on a.application_key = r.application_key
