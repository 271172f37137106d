-- why: The time of the run that made this file. Reports count days from it, not from the reader's clock, so that an old file does not claim to know today.
-- reads: meta.runs
-- caveat: it answers from the reader's default database only; for another: select max(as_of) from its meta.runs.
{{as_of}}
