package sod

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/accessmart/accessmart/load/database"
)

// lastFile is the SHA-256 of the rules file by which the copy was made last, in hex; "" for none.
func lastFile(ctx context.Context, db *database.DB) (sha string, err error) {
	err = db.Row(ctx, "select coalesce(rules_file, '') from meta.sod_runs order by as_of desc limit 1").Scan(&sha)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sha, err
}

var (
	replaceRules = database.Parse(`delete from meta.sod_rules;
delete from meta.sod_patterns;
insert into meta.sod_runs (run_id, as_of, rules_file) values ({{.run}}, {{.at}}, nullif({{.sha}}, ''));
`)
	ruleRow = database.Parse("({{.key}}, {{.name}}, nullif({{.description}}, ''), nullif({{.owner}}, ''), nullif({{.mitigation}}, ''), nullif({{.mitigated}}, '')::date, nullif({{.until}}, '')::date, {{.line}})")
)

// Keep makes the rules of the copy those of a file, if they are not the same already. at is
// the moment of the run.
func Keep(ctx context.Context, db *database.DB, run string, at time.Time, f File) error {
	last, err := lastFile(ctx, db)
	if err != nil || last == f.SHA {
		return err
	}
	all := replaceRules.Fill(database.Values{"run": run, "at": at, "sha": f.SHA})
	var rows []database.SQL
	for _, r := range f.Rules {
		rows = append(rows, ruleRow.Fill(database.Values{"key": r.Key(), "name": r.Name, "description": r.Description, "owner": r.Owner, "mitigation": r.Mitigation,
			"mitigated": dayText(r.MitigationUntil), "until": dayText(r.Until), "line": r.Line}))
	}
	if rows != nil {
		all += "insert into meta.sod_rules values " + database.Join(rows, ",\n") + ";\ninsert into meta.sod_patterns values " + database.Join(rowsOf(f.Rules), ",\n") + ";\n"
	}
	if _, err := db.Exec(ctx, all); err != nil {
		return fmt.Errorf("keep the rules on separation of duties: %w", err)
	}
	return nil
}

func dayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}
