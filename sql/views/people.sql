-- why: The people among the identities, each once: machines and services left out.
-- grain: one person
-- key: identity_key
-- reads: main.identities
-- inputs: identities
-- caveat: who is told to be human is a person. Of those of whom no export tells what they are (kind NULL or unknown), only such as an export lists or describes are: a key that is only mentioned may be a machine's, or another name of somebody who is here already. So people who are mentioned only, as the owner of a role, are in identities and not here.
select * from main.identities
where kind = 'human' or (is_described and (kind is null or kind = 'unknown'))
