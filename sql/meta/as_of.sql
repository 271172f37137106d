-- why: The time of the run that made this file. Reports count days from it, not from the reader's clock, so that an old file does not claim to know today.
-- reads: meta.runs
select max(r.as_of) from meta.runs r
