-- why: Which two things look like one, although no rule joins them.
-- grain: one pair of things and the value in which they look alike
-- key: kind, look, evidence, left_key, right_key
-- reads: meta.link_suggestions, meta.links, main.identities, main.accounts, main.applications, main.groups, main.roles, main.resources, main.entitlements
-- caveat: a resemblance proves nothing: two people may have the same name. A line 'same as' in the links file with the two statement keys makes them one, and a line 'not same as' settles that they are two; see docs/linking.md.
-- columns:
--   kind: table of the things
--   look: how they resemble each other: leading_zeros (numbers that differ only in leading zeros), number_prefix (employee numbers that differ only in the letters before them, such as W10062 and 10062), plus_address (addresses that differ only in what follows a plus sign), name_and_title, same_email, same_product, or one_account (an account names both)
--   evidence: the value in which they resemble each other, with its namespace; for number_prefix both numbers
--   left_key: key in main of the one thing
--   left_name: its name; NULL: no source says
--   left_sources: names of the sources that have it
--   left_statement_key: one statement about it, as a links file names it
--   right_key: key in main of the other thing
--   right_name: its name; NULL: no source says
--   right_sources: names of the sources that have it
--   right_statement_key: one statement about it, as a links file names it
with named as (
    select 'identities' as kind, identity_key as key, display_name as name, sources from main.identities
    union all select 'accounts', account_key, coalesce(username, email, display_name), sources from main.accounts
    union all select 'applications', application_key, name, sources from main.applications
    union all select 'groups', group_key, name, sources from main.groups
    union all select 'roles', role_key, name, sources from main.roles
    union all select 'resources', resource_key, name, sources from main.resources
    union all select 'entitlements', entitlement_key, name, sources from main.entitlements
),
concerned as (
    select kind, left_key as key from meta.link_suggestions
    union select kind, right_key from meta.link_suggestions
),
founders as (
    select l.kind, l.key, min(l.statement_key || case when l.part <> '' then ' #' || l.part else '' end) as statement_key
    from meta.links l join concerned c on c.kind = l.kind and c.key = l.key
    where l.is_founder
    group by l.kind, l.key
),
things as (
    select c.kind, c.key, n.name, n.sources, f.statement_key
    from concerned c left join named n on n.kind = c.kind and n.key = c.key left join founders f on f.kind = c.kind and f.key = c.key
)
select s.kind, s.look, s.evidence, s.left_key, l.name as left_name, l.sources as left_sources, l.statement_key as left_statement_key,
    s.right_key, r.name as right_name, r.sources as right_sources, r.statement_key as right_statement_key
from meta.link_suggestions s
join things l on l.kind = s.kind and l.key = s.left_key
join things r on r.kind = s.kind and r.key = s.right_key
