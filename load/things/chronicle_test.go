package things

import (
	"slices"
	"testing"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
)

// chronicle is a file with what a plain program says of it.
type chronicle struct {
	*file
	before map[string][]string       // by table: the rows that stand, in order
	past   map[string]map[string]int // by table: the versions that ended, how often
}

func newChronicle(t *testing.T) *chronicle {
	return &chronicle{newFile(t), map[string][]string{}, map[string]map[string]int{}}
}

// holds compares main and history, and what was counted, with what the worlds say.
func (c *chronicle) holds(run int, made Summary, all []*world) {
	c.Helper()
	want := map[string][]row{}
	for _, w := range all {
		for table, rows := range w.rows(set().Common) {
			want[table] = append(want[table], rows...)
		}
	}
	for table, rows := range want {
		stand := texts(rows)
		if got := texts(c.stands(table, "main."+table)); !slices.Equal(got, stand) {
			c.Fatalf("run %d, main.%s: %s", run, table, firstDifference(got, stand))
		}
		if c.past[table] == nil {
			c.past[table] = map[string]int{}
		}
		n := apply.Counts{Rows: int64(len(stand))}
		for _, r := range stand {
			if _, ok := slices.BinarySearch(c.before[table], r); ok {
				n.Unchanged++
			}
		}
		for _, r := range c.before[table] {
			if _, ok := slices.BinarySearch(stand, r); !ok {
				c.past[table][r]++
				n.Closed++
			}
		}
		n.Inserted = n.Rows - n.Unchanged
		if made.Tables[table] != n {
			c.Errorf("run %d, main.%s: %+v, want %+v", run, table, made.Tables[table], n)
		}
		c.before[table] = stand
		var ended []string
		for r, times := range c.past[table] {
			for range times {
				ended = append(ended, r)
			}
		}
		slices.Sort(ended)
		if got := texts(c.stands(table, "(select * exclude (_valid_to, _ended_by) from history."+table+")")); !slices.Equal(got, ended) {
			c.Fatalf("run %d, history.%s: %s", run, table, firstDifference(got, ended))
		}
		c.Want(database.SQL("select count(*)::varchar from main." + table + " group by _hash having count(*) > 1"))
	}
}
