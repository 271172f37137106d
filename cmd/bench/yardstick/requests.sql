-- BalkanID access requests as somebody would load them who has only DuckDB.

insert into balkanid.requests by name
select
	"Request ID*" as request_id,
	lower(trim("Requester*")) as requester,
	"Username*" as username,
	lower(trim("Work Email*")) as work_email,
	lower(trim("Reference")) as reference,
	to_seconds(split_part("Duration", 'm', 1)::int * 60 + rtrim(split_part("Duration", 'm', 2), 's')::int) as duration,
	"Expiration Date"::timestamptz as expiration_date,
	"Provision Date"::timestamptz as provision_date,
	"Source" as source_system,
	"Source ID" as source_id,
	"Request Type" as request_type,
	"App ID" as app_id,
	case when contains("App ID", '/') then split_part("App ID", '/', 1) end as app,
	"Connection" as connection,
	"Connection Type" as connection_type,
	"Resource" as resource,
	"Resource Type" as resource_type,
	"Privilege Name" as privilege_name,
	"Privilege Value"::boolean as privilege_value,
	"Type*" as type,
	regexp_replace("Metadata*", '"password":"[^"]*"', '"password":"***"', 'g')::json as metadata,
	"Scheduled Date"::timestamptz as scheduled_date,
	"Entity Review ID" as entity_review_id,
	"Purpose ID" as purpose_id,
	"Purpose Review ID" as purpose_review_id,
	$provenance
from $reader;

-- The rows are in the order of the file; row_number() would do it on one thread.
update balkanid.requests set _record = rowid;

insert into observed.access_requests by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:request:', request_id, '|', app_id, '|', connection, '|', connection_type, '|', resource, '|', resource_type, '|', privilege_name, '|', work_email) as request_key,
		'$source' as source,
		request_id,
		coalesce(resource, connection, privilege_name, app_id) as item,
		case lower(request_type) when 'grant' then 'grant' when 'revoke' then 'revoke' else 'unknown' end as action,
		request_type as action_raw,
		type as kind,
		requester as requester_email,
		coalesce(work_email, requester) as beneficiary_email,
		'$source:identity:' || coalesce(work_email, requester) as beneficiary_identity_key,
		reference as reference_email,
		case when app is not null then '$source:application:' || app_id end as application_key,
		case when resource is not null then 'resource'
			when lower(connection_type) in ('group', 'team') then 'group'
			when lower(connection_type) = 'role' then 'role'
			when connection_type is not null then 'unknown' end as target_kind,
		case when resource is not null then resource_type else connection_type end as target_kind_raw,
		coalesce(resource, connection) as target_name,
		privilege_name as privilege,
		metadata ->> 'reason' as reason,
		epoch(duration)::bigint as duration_seconds,
		scheduled_date as scheduled_at,
		provision_date as provisioned_at,
		expiration_date as expires_at,
		concat('{', concat_ws(',',
			'"app_id":' || to_json(app_id),
			'"username":' || to_json(username),
			'"source_system":' || to_json(source_system),
			'"source_id":' || to_json(source_id),
			'"connection":' || to_json(connection),
			'"connection_type":' || to_json(connection_type),
			'"privilege_value":' || to_json(privilege_value),
			'"entity_review_id":' || to_json(entity_review_id),
			'"purpose_id":' || to_json(purpose_id),
			'"purpose_review_id":' || to_json(purpose_review_id)), '}')::json as attributes,
		min(_record) as _record
	from balkanid.requests
	group by all) t;
