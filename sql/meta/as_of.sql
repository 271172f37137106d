-- why: The time of the run that made this file, in UTC. Reports count days back from it rather than from the reader's clock, so that an old file does not claim to know about today.
-- reads: meta.runs
-- caveat: it answers from the reader's default database only; for another database, select max(as_of) from its meta.runs.
{{as_of}}
