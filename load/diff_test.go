package load

import (
	"slices"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/diff"
	"github.com/accessmart/accessmart/load/find"
)

// A grant that is stated after its time has passed is no change of a row, and is told all the
// same: once, for whom it concerns.
func TestDiff_grantsWhoseTimePassed(t *testing.T) {
	s := newAccessFile(t, unpublished(t, everything()), access.DefaultLimits)
	s.exec(`insert into main.grants (grant_key, principal_kind, principal_key, target_kind, target_key, application_key, effect, expires_at, _valid_from) values
		('grant:in', 'account', 'account:a', 'group', 'group:g', 'application:x', null, '2026-02-10', '2026-01-01'),
		('grant:last', 'identity', 'identity:i', 'role', 'role:r', null, 'allow', '2026-02-20', '2026-01-01'),
		('grant:first', 'account', 'account:a', 'group', 'group:h', 'application:x', null, '2026-02-01', '2026-01-01'),
		('grant:later', 'account', 'account:a', 'group', 'group:k', 'application:x', null, '2026-02-21', '2026-01-01'),
		('grant:deny', 'account', 'account:a', 'group', 'group:m', 'application:x', 'deny', '2026-02-10', '2026-01-01'),
		('grant:never', 'account', 'account:a', 'group', 'group:n', 'application:x', null, null, '2026-01-01');
		insert into main.identities (identity_key, _valid_from) values ('identity:i', '2026-01-01')`)
	s.finish()
	f, err := read.Open(t.Context(), s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	day := func(d int) time.Time { return time.Date(2026, 2, d, 0, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		q    diff.Question
		want []string
	}{
		"all":               {diff.Question{}, []string{"grant:in", "grant:last"}},
		"of an application": {diff.Question{Application: &find.Thing{Kind: "application", Key: "application:x"}}, []string{"grant:in"}},
		"of a person":       {diff.Question{Person: &find.Thing{Kind: "identity", Key: "identity:i"}}, []string{"grant:last"}},
	} {
		c.q.From, c.q.To = day(1), day(20)
		changes, err := diff.Between(t.Context(), f, c.q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		for _, x := range changes {
			if got = append(got, x.Key); x.Event != "expired" || x.Cause != "time passed" || x.Table != "grants" {
				t.Errorf("%s: %+v", name, x)
			}
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
