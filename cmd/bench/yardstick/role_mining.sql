-- SailPoint potential role entitlements as somebody would load them who has only DuckDB.

insert into sailpoint.potential_role_entitlements by name
select
	'$candidate' as potential_role_id,
	entitlementId as entitlement_id,
	entitlementName as entitlement_name,
	entitlementDescription as entitlement_description,
	attribute,
	applicationName as application_name,
	sourceId as source_id,
	identityCount::bigint as identity_count,
	rtrim(popularity, '%')::double as popularity,
	rtrim(popularityInOrg, '%')::double as popularity_in_org,
	$provenance
from $reader;

-- The rows are in the order of the file; row_number() would do it on one thread.
update sailpoint.potential_role_entitlements set _record = rowid;

insert into observed.role_candidate_entitlements by name
select *, $provenance, $fingerprint from (
	select
		'$source:candidate:' || potential_role_id as candidate_key,
		'$source' as source,
		'$source:entitlement:' || entitlement_id as entitlement_key,
		entitlement_name,
		attribute,
		application_name,
		identity_count,
		popularity,
		popularity_in_org,
		concat('{', concat_ws(',',
			'"entitlement_description":' || to_json(entitlement_description),
			'"source_id":' || to_json(source_id)), '}')::json as attributes,
		min(_record) as _record
	from sailpoint.potential_role_entitlements
	group by all) t;
