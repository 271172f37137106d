-- why: The number of whole days from an instant to the time of the run that made this file; negative for an instant after it.
-- args: instant
-- reads: meta.runs
-- caveat: it answers from the reader's default database only.
{{days_since "instant"}}
