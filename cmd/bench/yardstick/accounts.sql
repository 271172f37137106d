-- Oleria accounts as somebody would load them who has only DuckDB.

insert into oleria.access_inventory_application_accounts_v2 by name
select
	accountName as account_name,
	lower(trim(email)) as email,
	accountType as account_type,
	userId as user_id,
	userName as user_name,
	userStatus as user_status,
	applicationName as application,
	applicationInstance as application_instance,
	applicationRole as application_role,
	isAdmin::boolean as is_admin,
	mfaEnabled::boolean as mfa_enabled,
	ssoEnabled::boolean as sso_enabled,
	hasApiAccess::boolean as has_api_access,
	userLicenseType as user_license_type,
	userLicenseStatus as user_license_status,
	lastActivity::timestamptz as last_activity,
	rtrim(dormantDays, '+')::bigint as dormant_days,
	suffix(dormantDays, '+') as dormant_days_is_minimum,
	createdDate::timestamptz as created_at,
	$provenance
from $reader;

-- The rows are in the order of the file; row_number() would do it on one thread.
update oleria.access_inventory_application_accounts_v2 set _record = rowid;

insert into observed.accounts by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:account:', application, '|', application_instance, '|', case when user_name is not null then user_name when email is not null then email when account_name is not null then account_name else user_id end) as account_key,
		'$source' as source,
		user_id as native_id,
		concat('$source:application:', application, '|', application_instance) as application_key,
		user_name as username,
		email,
		account_name as display_name,
		case lower(account_type) when 'user' then 'human' when 'human' then 'human' when 'machine' then 'service' when 'service' then 'service'
			when 'service account' then 'service' when 'system' then 'system' else 'unknown' end as kind,
		account_type as kind_raw,
		case lower(user_status) when 'enabled' then 'active' when 'active' then 'active' when 'disabled' then 'inactive' when 'inactive' then 'inactive'
			when 'suspended' then 'suspended' when 'locked' then 'suspended' when 'deleted' then 'terminated' else 'unknown' end as status,
		user_status as status_raw,
		is_admin as is_privileged,
		mfa_enabled as has_mfa,
		sso_enabled as has_sso,
		last_activity as last_activity_at,
		dormant_days,
		dormant_days_is_minimum,
		user_license_type as license,
		created_at,
		concat('{', concat_ws(',',
			'"application_role":' || to_json(application_role),
			'"has_api_access":' || to_json(has_api_access),
			'"user_license_status":' || to_json(user_license_status),
			'"job_function":' || to_json(job_function)), '}')::json as attributes,
		min(_record) as _record
	from oleria.access_inventory_application_accounts_v2
	group by all) t;

insert into observed.roles by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:role:', application, '|', application_instance, '|', application_role) as role_key,
		'$source' as source,
		concat('$source:application:', application, '|', application_instance) as application_key,
		application_role as name,
		'application' as kind,
		min(_record) as _record
	from oleria.access_inventory_application_accounts_v2
	where application_role is not null
	group by all) t;

insert into observed.grants by name
select *, $provenance, $fingerprint from (
	select
		concat('$source:grant:', application, '|', application_instance, '|', case when user_name is not null then user_name when email is not null then email when account_name is not null then account_name else user_id end,
			'|role|', application_role) as grant_key,
		'$source' as source,
		'account' as principal_kind,
		concat('$source:account:', application, '|', application_instance, '|', case when user_name is not null then user_name when email is not null then email when account_name is not null then account_name else user_id end) as principal_key,
		'role' as target_kind,
		concat('$source:role:', application, '|', application_instance, '|', application_role) as target_key,
		concat('$source:application:', application, '|', application_instance) as application_key,
		'allow' as effect,
		min(_record) as _record
	from oleria.access_inventory_application_accounts_v2
	where application_role is not null
	group by all) t;
