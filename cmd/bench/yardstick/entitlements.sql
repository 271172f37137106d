-- BalkanID entitlements as somebody would load them who has only DuckDB.

insert into balkanid.entitlements by name
select
	'$integration' as integration_id,
	"Project" as project,
	"Privilege Name" as privilege_name,
	"Privilege Value"::boolean as privilege_value,
	lower(trim("Email")) as email,
	"Identity ID" as identity_id,
	"Username" as username,
	"Name" as name,
	"Connection" as connection,
	"Connection Type" as connection_type,
	"Resource" as resource,
	"Resource Type" as resource_type,
	"Employee ID" as employee_id,
	"Labels"::json as labels,
	"Identity Type" as identity_type,
	"Connection Provider" as connection_provider,
	"Connection Provider Type" as connection_provider_type,
	"Metadata"::json as metadata,
	$provenance
from $reader;

-- The rows are in the order of the file; row_number() would do it on one thread.
update balkanid.entitlements set _record = rowid;

insert into observed.accounts by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:account:', integration_id, '|', case when identity_id is not null then identity_id when username is not null then username else email end) as account_key,
		'$source' as source,
		identity_id as native_id,
		'$source:application:' || integration_id as application_key,
		username,
		email,
		name as display_name,
		case lower(identity_type) when 'employee' then 'human' when 'service account' then 'service' else 'unknown' end as kind,
		identity_type as kind_raw,
		('{"employee_id":' || to_json(employee_id) || '}')::json as attributes,
		min(_record) as _record
	from balkanid.entitlements
	group by all) t;

insert into observed.entitlements by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:entitlement:', integration_id, '|', project, '|', connection, '|', connection_type, '|', resource, '|', resource_type, '|', privilege_name) as entitlement_key,
		'$source' as source,
		'$source:application:' || integration_id as application_key,
		coalesce(privilege_name, connection, resource) as name,
		coalesce(resource_type, connection_type) as kind,
		concat('{', concat_ws(',',
			'"project":' || to_json(project),
			'"privilege_name":' || to_json(privilege_name),
			'"connection":' || to_json(connection),
			'"connection_type":' || to_json(connection_type),
			'"connection_provider":' || to_json(connection_provider),
			'"connection_provider_type":' || to_json(connection_provider_type),
			'"resource":' || to_json(resource),
			'"resource_type":' || to_json(resource_type)), '}')::json as attributes,
		min(_record) as _record
	from balkanid.entitlements
	group by all) t;

insert into observed.grants by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:grant:', integration_id, '|', project, '|', case when identity_id is not null then identity_id when username is not null then username else email end, '|',
			connection, '|', connection_type, '|', resource, '|', resource_type, '|', privilege_name) as grant_key,
		'$source' as source,
		'account' as principal_kind,
		concat('$source:account:', integration_id, '|', case when identity_id is not null then identity_id when username is not null then username else email end) as principal_key,
		'entitlement' as target_kind,
		concat('$source:entitlement:', integration_id, '|', project, '|', connection, '|', connection_type, '|', resource, '|', resource_type, '|', privilege_name) as target_key,
		'$source:application:' || integration_id as application_key,
		privilege_name as privilege,
		case privilege_value when true then 'allow' when false then 'deny' end as effect,
		case when connection is not null and lower(connection_type) in ('group', 'team') then false end as is_direct,
		connection as granted_via_raw,
		concat('{', concat_ws(',',
			'"project":' || to_json(project),
			'"connection_type":' || to_json(connection_type),
			'"resource":' || to_json(resource),
			'"resource_type":' || to_json(resource_type),
			'"labels":' || labels,
			'"metadata":' || metadata), '}')::json as attributes,
		min(_record) as _record
	from balkanid.entitlements
	group by all) t;
