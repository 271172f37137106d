-- why: Rules on separation of duties of which a side names nothing in the file, or cannot be read: nobody can break them. report.sod_rules says which and why.
-- severity: warning
-- reads: report.sod_rules
-- caveat: policies that the vendor does not enforce and rules of your own that have expired do not count.
select rule_key, name, problem
from report.sod_rules
where not is_judged and upper(state) is distinct from 'NOT_ENFORCED' and state is distinct from 'expired'
