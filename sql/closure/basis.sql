-- why: What the closure was made from. A run that finds both columns unchanged leaves the closure as it is.
-- grain: one row
-- key: rules
-- reads: main.grants, main.identity_accounts
-- columns:
--   rules: fingerprint of the SQL and the limits by which it was made
--   facts: number and fingerprint of the rows of main.grants and main.identity_accounts, over the columns that the closure is made from
select {{.rules}} as rules, concat_ws(' ',
    (select concat_ws(' ', count(*), bit_xor(print), sum(print)) from (
        select hash(grant_key, principal_kind, principal_key, target_kind, target_key, application_key, privilege, effect, is_direct) as print from main.grants)),
    (select concat_ws(' ', count(*), bit_xor(print), sum(print)) from (
        select hash(identity_key, account_key, relation) as print from main.identity_accounts))) as facts
