-- why: The people among the identities, each once: machines and services left out.
-- grain: one person
-- key: identity_key
-- reads: main.identities
-- inputs: identities
-- caveat: an identity whose kind is human is a person. One whose kind is NULL or unknown counts as a person only if an export describes it: a key that is merely mentioned may belong to a machine, or be another name of somebody who is already here. So a person who is only mentioned, for example as the owner of a role, is in identities but not here.
select * from main.identities
where kind = 'human' or (is_described and (kind is null or kind = 'unknown'))
