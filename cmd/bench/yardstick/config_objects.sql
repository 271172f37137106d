-- An sp-config export as somebody would load it who has only DuckDB.

insert into sailpoint.config_objects by name
select
	o ->> '$.self.type' as self_type,
	o ->> '$.self.id' as self_id,
	o ->> '$.self.name' as self_name,
	o ->> '$.version' as version,
	exported_at, tenant, description,
	o ->> '$.object.type' as source_type,
	o -> '$.object.membership.criteria' as membership_criteria,
	o -> '$.object.segments' as segments,
	o -> '$.object' as object,
	$provenance
from (select timestamp as exported_at, tenant, description, unnest(objects) as o from $reader);

-- The rows are in the order of the file; row_number() would do it on one thread.
update sailpoint.config_objects set _record = rowid;

insert into observed.config_objects by name
select *, $provenance, $fingerprint from (
	select
		'$source:object:' || self_type || '|' || self_id as object_key,
		'$source' as source,
		self_type as kind, self_id as native_id, coalesce(self_name, object ->> 'name') as name, version, exported_at, tenant, object,
		min(_record) as _record
	from sailpoint.config_objects
	group by all) t;

insert into observed.roles by name
select *, $provenance, $fingerprint from (
	select
		'$source:role:' || self_id as role_key,
		'$source' as source,
		self_id as native_id,
		case self_type when 'ACCESS_PROFILE' then '$source:application:' || (object ->> '$.source.id') end as application_key,
		coalesce(object ->> 'name', self_name) as name,
		case self_type when 'ROLE' then 'business' else 'access_profile' end as kind,
		object ->> 'description' as description,
		'$source:identity:' || (object ->> '$.owner.id') as owner_identity_key,
		(object ->> 'enabled')::boolean as is_enabled,
		(object ->> 'requestable')::boolean as is_requestable,
		case when segments is not null or self_type = 'ROLE' and membership_criteria is not null then
			concat('{', concat_ws(',',
				case self_type when 'ROLE' then '"membership_criteria":' || membership_criteria end,
				'"segments":' || segments), '}')::json end as attributes,
		min(_record) as _record
	from sailpoint.config_objects
	where self_type in ('ROLE', 'ACCESS_PROFILE')
	group by all) t;

insert into observed.grants by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:grant:', self_id, '|access_profile|', item ->> 'id') as grant_key,
		'$source' as source,
		'role' as principal_kind, '$source:role:' || self_id as principal_key,
		'role' as target_kind, '$source:role:' || (item ->> 'id') as target_key,
		'allow' as effect, true as is_direct, item as attributes,
		min(_record) as _record
	from (select _record, self_id, unnest(from_json(object -> 'accessProfiles', '["JSON"]')) as item from sailpoint.config_objects where self_type = 'ROLE')
	group by all) t;

insert into observed.grants by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:grant:', self_id, '|entitlement|', item ->> 'id') as grant_key,
		'$source' as source,
		'role' as principal_kind, '$source:role:' || self_id as principal_key,
		'entitlement' as target_kind, '$source:entitlement:' || (item ->> 'id') as target_key,
		'$source:application:' || application as application_key,
		'allow' as effect, true as is_direct, item as attributes,
		min(_record) as _record
	from (select _record, self_id, object ->> '$.source.id' as application, unnest(from_json(object -> 'entitlements', '["JSON"]')) as item
		from sailpoint.config_objects where self_type in ('ROLE', 'ACCESS_PROFILE'))
	group by all) t;

insert into observed.grants by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:grant:identity|', item ->> 'id', '|', self_id) as grant_key,
		'$source' as source,
		'identity' as principal_kind, '$source:identity:' || (item ->> 'id') as principal_key,
		'role' as target_kind, '$source:role:' || self_id as target_key,
		'allow' as effect, true as is_direct, assignment_source, item as attributes,
		min(_record) as _record
	from (select _record, self_id, object ->> '$.membership.type' as assignment_source, unnest(from_json(object -> '$.membership.identities', '["JSON"]')) as item
		from sailpoint.config_objects where self_type = 'ROLE')
	group by all) t;

insert into observed.identities by name
select *, $provenance, $fingerprint from (
	select
		'$source:identity:' || (item ->> 'id') as identity_key,
		'$source' as source,
		item ->> 'id' as native_id, item ->> 'name' as display_name, item ->> 'aliasName' as username,
		min(_record) as _record
	from (select _record, unnest(from_json(object -> '$.membership.identities', '["JSON"]')) as item
		from sailpoint.config_objects where self_type = 'ROLE')
	group by all) t;

insert into observed.entitlements by name
select *, $provenance, $fingerprint from (
	select
		'$source:entitlement:' || (item ->> 'id') as entitlement_key,
		'$source' as source,
		item ->> 'id' as native_id,
		'$source:application:' || application as application_key,
		item ->> 'name' as name,
		min(_record) as _record
	from (select _record, object ->> '$.source.id' as application, unnest(from_json(object -> 'entitlements', '["JSON"]')) as item
		from sailpoint.config_objects where self_type = 'ACCESS_PROFILE')
	group by all) t;
