-- why: Keys of statements differ in letter case only: they are probably one thing, which no join within observed brings together.
-- severity: warning
-- reads: report.keys_differing_by_case
select * from report.keys_differing_by_case
