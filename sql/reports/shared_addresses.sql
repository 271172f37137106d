-- why: E-mail addresses that several people in one export share who have not left, so that an address does not tell which of them is meant.
-- grain: one address in the statements of one dataset of one source
-- key: source, dataset, email
-- reads: observed.identities, observed.accounts, meta.runs
-- inputs: identities.email
-- caveat: people are told apart by the vendor's ids and by employee numbers. People who have left do not count, so somebody who returned under a new number does not show here. A shared address joins no statements about people, and links no account to any of them; see report.link_conflicts.
-- columns:
--   source: name of the source that describes the people
--   dataset: dataset in which they are
--   email: the address
--   identity_keys: identity_keys in observed of the people who have it; only one where the key is made of the address
--   native_ids: the vendor's ids of those people; NULL: the vendor gives none
--   employee_numbers: employee numbers of those people; NULL: the vendor gives none
--   display_names: names of those people; NULL: the vendor gives none
--   account_count: number of account_keys in observed that have this address, in any source
with present as (
    select source, _dataset as dataset, email, identity_key, native_id, employee_number, display_name
    from observed.identities
    where {{address "email"}} and not {{ended}} and kind is distinct from 'service' and kind is distinct from 'machine'
),
shared as ( -- few addresses: lists are made of these alone
    select source, dataset, email from present group by source, dataset, email
    having min(native_id) <> max(native_id) or min(employee_number) <> max(employee_number)
),
logins as (
    select email, count(distinct account_key) as account_count from observed.accounts where email in (select email from shared) group by email
)
select i.source, i.dataset, i.email, list_sort(list(distinct i.identity_key)) as identity_keys,
    list_sort(list(distinct i.native_id) filter (i.native_id is not null)) as native_ids, list_sort(list(distinct i.employee_number) filter (i.employee_number is not null)) as employee_numbers,
    list_sort(list(distinct i.display_name) filter (i.display_name is not null)) as display_names, coalesce(any_value(l.account_count), 0) as account_count
from present i
join shared s on s.source = i.source and s.dataset = i.dataset and s.email = i.email
left join logins l on l.email = i.email
group by i.source, i.dataset, i.email
