-- why: Of what the closure was made: a run in which both are the same leaves it as it is.
-- grain: one row
-- key: rules
-- reads: main.grants, main.identity_accounts
-- columns:
--   rules: fingerprint of the SQL and the limits by which it was made
--   facts: number and fingerprint of the rows of main.grants and main.identity_accounts, in the columns that it is made of
select {{.rules}} as rules, concat_ws(' ',
    (select concat_ws(' ', count(*), bit_xor(print), sum(print)) from (
        select hash(grant_key, principal_kind, principal_key, target_kind, target_key, application_key, privilege, effect, is_direct) as print from main.grants)),
    (select concat_ws(' ', count(*), bit_xor(print), sum(print)) from (
        select hash(identity_key, account_key, relation) as print from main.identity_accounts))) as facts
