-- why: A key that a row names but no export described: a join through it loses the row.
-- severity: warning
-- reads: report.dangling_references
select * from report.dangling_references
