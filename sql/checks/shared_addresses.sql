-- why: An e-mail that several present people of one export have: no account is linked to any of them by it.
-- severity: warning
-- reads: observed.identities, meta.runs
select source, _dataset, email from observed.identities
where {{address "email"}} and not {{ended}} and kind is distinct from 'service' and kind is distinct from 'machine'
group by all
having min(native_id) <> max(native_id) or min(employee_number) <> max(employee_number)
