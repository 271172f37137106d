-- why: Whole days from an instant to the time of the run that made this file; negative for the future.
-- args: instant
-- reads: meta.runs
-- caveat: it answers from the reader's default database only.
{{days_since "instant"}}
