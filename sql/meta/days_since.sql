-- why: Whole days from an instant to the time of the run that made this file; negative for the future.
-- args: instant
-- reads: meta.runs
cast(floor((epoch_us((select max(r.as_of) from meta.runs r)) - epoch_us(instant)) / 86400000000) as bigint)
