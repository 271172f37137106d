-- why: Which joins of statements were refused, because they would have made one thing of things that are certainly several.
-- grain: one value by which a rule would have joined several things
-- key: kind, rule, evidence, thing_keys
-- reads: meta.link_conflicts, main.identities, main.accounts, main.applications, main.groups, main.roles, main.resources, main.entitlements
-- caveat: statements whose join was refused stay apart, so one person may be two rows. A line 'same as' in the links file joins them, and a line 'not same as' settles that they are two; see docs/linking.md. A value that a single export gives to several things is not a conflict.
-- columns:
--   kind: table of the things
--   rule: rule that proposed the join; vendor: sources map one account to several people
--   evidence: the value that all of them have, with its namespace; for the rule vendor, the account
--   reason: what forbids the join
--   thing_keys: keys in main of the things concerned
--   names: their names, in the same order; NULL for a thing without a name
--   statement_keys: one statement of each, as a links file names it; NULL for the rule vendor
--   joined_keys: those of the statements that were joined nevertheless, because the others are of people who have left
with conflicts as (
    select row_number() over () as id, *
    from (select distinct kind, rule, evidence, reason, thing_keys, statement_keys, joined_keys from meta.link_conflicts)
),
concerned as (
    select id, unnest(thing_keys) as key, generate_subscripts(thing_keys, 1) as nth from conflicts
),
names as (
    select c.id, list(n.name order by c.nth) as names
    from concerned c left join ({{names}}) n on n.key = c.key
    group by c.id
)
select c.kind, c.rule, c.evidence, c.reason, c.thing_keys, n.names, c.statement_keys, c.joined_keys
from conflicts c left join names n on n.id = c.id
