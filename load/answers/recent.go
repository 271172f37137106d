package answers

import (
	"context"
	"database/sql"
	"time"

	"github.com/accessmart/accessmart/load/database"
	objects "github.com/accessmart/accessmart/sql"
)

// A moment is that of a run.
type moment struct {
	at      time.Time
	isFirst bool // the run loaded only what was never loaded before, and told things apart as the run before did
}

var momentsOf = database.Parse(`with loads as (
    select run_id, bool_and(cause = 'first load') as is_first from {{.causes}} where is_seen group by run_id
),
rules as (
    select run_id, lag(run_id) over w is not null and (links_file is distinct from lag(links_file) over w
            or domain_aliases is distinct from lag(domain_aliases) over w or rules <> lag(rules) over w) as are_others
    from meta.link_runs window w as (order by as_of)
)
select r.as_of, coalesce(l.is_first, false) and not coalesce(u.are_others, false)
from meta.runs r
left join loads l on l.run_id = r.run_id
left join rules u on u.run_id = r.run_id
order by r.as_of`)

// readMoments reads the moments of all runs, in their order.
func readMoments(ctx context.Context, t *database.Tx) (all []moment, err error) {
	err = t.Each(ctx, momentsOf.Fill(database.Values{"causes": database.SQL(objects.ExportCauses())}), func(rows *sql.Rows) error {
		var m moment
		err := rows.Scan(&m.at, &m.isFirst)
		all = append(all, m)
		return err
	})
	return all, err
}

// recent is a condition on a column of moments: that of a run within so many days before the
// last one, but not of one in which all was loaded for the first time. Literals alone reach
// the tables. Of those a lower bound has whole blocks passed over, so it stands for all that
// it can.
func (m Model) recent(column string, days int) string {
	if len(m.moments) == 0 { // no run yet
		return "false"
	}
	last := m.moments[len(m.moments)-1].at
	after := last.Add(-time.Duration(days) * 24 * time.Hour)
	var but string
	leads := true
	for _, r := range m.moments {
		switch {
		case !r.at.After(after):
		case !r.isFirst:
			leads = false
		case leads:
			after = r.at
		default:
			but += " and " + column + " <> " + string(database.Instant(r.at))
		}
	}
	return column + " > " + string(database.Instant(after)) + " and " + column + " <= " + string(database.Instant(last)) + but
}
