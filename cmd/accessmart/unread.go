package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// unread is what is said of a file that was not read.
func unread(source, file, why string) string {
	return fmt.Sprintf("%s: %s: %s", source, visible(file), visible(why))
}

// reasons tells of files that were not read, the first of them.
func reasons(files []schemas.File) string {
	const most = 10
	var b strings.Builder
	for i, f := range files {
		if i == most {
			fmt.Fprintf(&b, "\n  and %s", count(len(files)-most, "more file"))
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", visible(f.Name), visible(f.Reason))
	}
	return b.String()
}

// unreadSQL: the files that the newest run left unread, of each dataset or, where
// they are of none, of each source. A replay reads no folder.
const unreadSQL = `
select f.source, f.file, f.reason from meta.files f
where not f.is_read and f.run_id = (
    select max(e.run_id) from meta.exports e join meta.runs r using (run_id)
    where e.source = f.source and (e.dataset = f.dataset or f.dataset is null and r.command is distinct from 'rejects replay'))
order by all`

// tellUnread tells of them.
func tellUnread(ctx context.Context, c *console, path string) error {
	has, err := ask(ctx, path, "select count(*) from duckdb_tables() where database_name = current_database() and schema_name = 'meta' and table_name = 'files'")
	if err != nil || number(has.rows[0][0]) == 0 { // made by an earlier version
		return err
	}
	if has, err := hasColumn(ctx, path, "files", "file"); err != nil || !has { // a file of an earlier version
		return err
	}
	l, err := ask(ctx, path, unreadSQL)
	if err != nil {
		return err
	}
	for _, r := range l.rows {
		c.say("unread   %s", unread(display(r[0]), display(r[1]), display(r[2])))
	}
	return nil
}

// hasColumn tells whether the ledger of a file has a column: that of an earlier
// version lacks some.
func hasColumn(ctx context.Context, path, table, column string) (bool, error) {
	l, err := ask(ctx, path, fmt.Sprintf(`select 1 from duckdb_columns() where database_name = current_database()
		and schema_name = 'meta' and table_name = %s and column_name = %s`, sqlQuote(table), sqlQuote(column)))
	return err == nil && len(l.rows) > 0, err
}
