-- why: Which joins of statements were refused, since they would join what is never one thing.
-- grain: one value by which a rule would have joined several things
-- key: kind, rule, evidence, thing_keys
-- reads: meta.link_conflicts, main.identities, main.accounts, main.applications, main.groups, main.roles, main.resources, main.entitlements
-- caveat: what a rule refused stays apart, so that one person may be two rows; a line 'same as' in the links file joins them, 'not same as' settles that they are two, see docs/linking.md. A value that one export itself gives to several things is no conflict.
-- columns:
--   kind: table of the things
--   rule: rule that proposed the join; vendor: sources map one account to several people
--   evidence: the value that all of them have, with its namespace; for rule vendor the account
--   reason: what forbids the join
--   thing_keys: keys of the things concerned, in main
--   names: their names, in the same order; NULL: none is told
--   statement_keys: a statement of each, as a links file names it; NULL for rule vendor
--   joined_keys: those of the statements that were joined all the same, as the others have left
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
