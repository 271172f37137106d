-- why: A key that a statement names but no export described: a join within observed loses the row.
-- severity: warning
-- reads: report.dangling_references
select * from report.dangling_references
