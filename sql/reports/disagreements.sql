-- why: Where two sources contradict each other, and which people and accounts one source has that another, which lists such things, does not.
-- grain: one thing or grant and one column in which sources differ; or one thing and one source that does not have it
-- key: kind, table_name, key, column_name, other_source
-- reads: main.identities, main.accounts, main.applications, main.groups, main.roles, main.resources, main.entitlements, main.grants, meta.links, meta.exports, meta.runs
-- inputs: identities from two sources or accounts from two sources or applications from two sources or grants from two sources
-- caveat: meta.links decides which statements are about one thing, so a person who seems to be missing may be there under another name; see report.link_suggestions. Only people and accounts are reported as not seen: people if the source lists people, accounts if it lists accounts of the same application. A source whose export covers only a part is never reported to lack something. People who have left, non-human identities, deleted accounts and things that are only mentioned are not expected in other sources.
-- columns:
--   kind: says_otherwise: sources differ in a column; not_seen: a source does not have the thing
--   table_name: table of main
--   key: key of the thing or grant in that table
--   name: name of the thing; for an account its username or e-mail, for a grant its privilege; NULL: no source says
--   application_key: application to which it belongs; NULL for people, and where no source says
--   column_name: column in which sources differ; NULL for not_seen
--   said: what each of the sources that differ says, as JSON {source: value}; NULL for not_seen
--   sources: names of the sources that have it
--   other_source: source that does not have it; NULL for says_otherwise
with differing as (
    select 'identities' as table_name, identity_key as key, coalesce(display_name, email, username) as name, null as application_key, sources, disagreements from main.identities where disagreements is not null
    union all select 'accounts', account_key, coalesce(username, email), application_key, sources, disagreements from main.accounts where disagreements is not null
    union all select 'applications', application_key, name, application_key, sources, disagreements from main.applications where disagreements is not null
    union all select 'groups', group_key, name, application_key, sources, disagreements from main.groups where disagreements is not null
    union all select 'roles', role_key, name, application_key, sources, disagreements from main.roles where disagreements is not null
    union all select 'resources', resource_key, name, application_key, sources, disagreements from main.resources where disagreements is not null
    union all select 'entitlements', entitlement_key, name, application_key, sources, disagreements from main.entitlements where disagreements is not null
    union all select 'grants', grant_key, privilege, application_key, sources, disagreements from main.grants where disagreements is not null
),
by_column as (
    select table_name, key, name, application_key, sources, disagreements, unnest(json_keys(disagreements)) as column_name from differing
),
in_part as ( -- an export of which only a part was asked for says nothing of the rest
    select source, dataset from {{latest_exports}} where has_rows and is_filtered
),
people_sources as (
    select distinct l.source from meta.links l
    where l.kind = 'identities' and l.strength = 'describes' and not exists (from in_part p where p.source = l.source and p.dataset = l.dataset)
),
account_sources as (
    select a.application_key, l.source
    from meta.links l join main.accounts a on a.account_key = l.key
    where l.kind = 'accounts' and l.strength = 'describes' and a.application_key is not null
    group by a.application_key, l.source
    having not bool_or(exists (from in_part p where p.source = l.source and p.dataset = l.dataset))
)
select 'says_otherwise' as kind, table_name, key, name, application_key, column_name, json_extract(disagreements, '$.' || column_name) as said, sources, null as other_source
from by_column
union all
select 'not_seen', 'identities', i.identity_key, coalesce(i.display_name, i.email, i.username), null, null, null, i.sources, o.source
from main.identities i
join people_sources o on not list_contains(i.sources, o.source)
where i.is_described and (i.kind is null or i.kind not in ('service', 'machine')) and (i.status = 'active' or not {{ended}})
union all
select 'not_seen', 'accounts', a.account_key, coalesce(a.username, a.email), a.application_key, null, null, a.sources, o.source
from main.accounts a
join account_sources o on o.application_key = a.application_key and not list_contains(a.sources, o.source)
where a.is_described and a.status is distinct from 'terminated'
