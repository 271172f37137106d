-- why: Two datasets of one source list risks of one kind, text and time, and none of them under the same key: main.risks has them twice. If they are the same ones, name the columns that both deliver as $risk in the keys of contracts of your own.
-- severity: warning
-- reads: observed.risks
select source, kind, coalesce(description, name) as risk, detected_at, list_sort(list(distinct _dataset)) as datasets
from observed.risks
where coalesce(description, name) is not null and detected_at is not null
group by source, kind, risk, detected_at
having count(distinct _dataset) > 1 and count(distinct (_dataset, risk_key)) = count(distinct risk_key)
