package transform

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

func TestCases_mentionedByMany(t *testing.T) {
	r := configResult(t, caseInput(t, "39-shared-refs/config_objects.json"))
	if got := keysOf(r, "entitlements", "native_id"); !slices.Equal(got, []string{"0000000000000000000000000000012c", "00000000000000000000000000000131"}) {
		t.Errorf("entitlements %v", got)
	}
	if got := keysOf(r, "entitlements", "name"); got[1] != "ent305" {
		t.Errorf("names %v", got)
	}
	if got := keysOf(r, "identities", "username"); !slices.Equal(got, []string{"p500"}) {
		t.Errorf("identities %v", got)
	}
	if len(r.rows["observed.grants"]) != 9 {
		t.Errorf("%d grants", len(r.rows["observed.grants"]))
	}
	if f := r.stream.Findings; len(f) != 2 || f[0].Rule != "mentioned_differently" || f[0].Count != 1 {
		t.Errorf("findings %v", f)
	}
}

// Which mention counts does not hang on the order of records or on how the
// text is cut.
func TestMentions_inAnyOrder(t *testing.T) {
	y := "format: json\ncolumns:\n  id: {from: [id], type: text}\n  name: {from: [name], type: text}\n  note: {from: [note], type: text}\n" +
		"emit:\n  - table: groups\n    strength: mentions\n    set: {group_key: {key: group, of: [id]}, name: name, description: note}\n"
	var records []string
	for i := range 300 {
		records = append(records, fmt.Sprintf(`{"id":"%d","name":"n%d","note":%s}`, i%20, i%7, []string{"null", `"x"`, `"y"`}[i%3]))
	}
	var want []string
	for seed := range uint64(6) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(records), func(i, k int) { records[i], records[k] = records[k], records[i] })
		r, err := transformed(t, y, Options{chunk: 64 << seed, workers: 1 + int(seed%3)}, input("["+strings.Join(records, ",")+"]"))
		if err != nil {
			t.Fatal(err)
		}
		got := column(r.rows["observed.groups"], schemas.HashColumn)
		slices.Sort(got)
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 20 {
			t.Errorf("seed %d: %d groups, %s", seed, len(got), diff)
		}
		for _, note := range column(r.rows["observed.groups"], "description") {
			if note == "" {
				t.Errorf("seed %d: a row without a note is kept", seed)
			}
		}
		if f := r.stream.Findings; len(f) != 1 || f[0].Count != 20 {
			t.Errorf("seed %d: findings %v", seed, f)
		}
	}
}
