-- why: Several people who have not left share an e-mail address in one export: no account is linked to any of them by it.
-- severity: warning
-- reads: observed.identities, meta.runs
select source, _dataset, email from observed.identities
where {{address "email"}} and not {{ended}} and kind is distinct from 'service' and kind is distinct from 'machine'
group by all
having min(native_id) <> max(native_id) or min(employee_number) <> max(employee_number)
