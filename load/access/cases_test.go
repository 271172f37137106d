package access

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCases holds the answers to graphs whose right answer others computed,
// twice: by breadth-first search and by boolean matrices. The largest is not
// part of this repository; its test runs where ../shared lies beside it.
func TestCases(t *testing.T) {
	for _, name := range []string{"planted", "k8s_github"} {
		t.Run(name, func(t *testing.T) { holds(t, filepath.Join("../../testdata/cases/closure", name)) })
	}
	t.Run("ad_nested", func(t *testing.T) {
		dir := "../../../shared/cases/closure/ad_nested"
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			t.Skipf("%s is not there: the graph of an Active Directory is not tried", dir)
		}
		holds(t, dir)
	})
}

func holds(t *testing.T, dir string) {
	c := readCase(t, dir)
	g, err := New(c.kinds, c.edges, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, rows := range g.All() {
		for _, a := range rows {
			got = append(got, c.row(&a))
		}
	}
	same(t, c.want, got)

	// Asked from the other end the answer is the same.
	got = nil
	for n := range c.kinds {
		for _, a := range g.Who(Node(n)) {
			got = append(got, c.row(&a))
		}
	}
	same(t, c.want, got)
}

func same(t *testing.T, want, got []string) {
	t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		only := func(a, b []string) (out []string) {
			for _, row := range a {
				if _, ok := slices.BinarySearch(b, row); !ok && len(out) < 5 {
					out = append(out, row)
				}
			}
			return out
		}
		t.Errorf("%d rows, want %d; missing, such as %q; too many, such as %q", len(got), len(want), only(want, got), only(got, want))
	}
}

// delivery is a case: the graph of an export of BalkanID, its names, and the
// right answer.
type delivery struct {
	kinds      []Kind
	names      []string // by node: integration and the application's own id
	edges      []Edge
	privileges []string
	want       []string
}

func (c *delivery) row(a *Access) string {
	kind := map[Kind]string{Group: "group", Resource: "resource"}[c.kinds[a.Target]]
	_, target, _ := strings.Cut(c.names[a.Target], " ")
	effect := "allow"
	if a.Deny {
		effect = "deny"
	}
	return fmt.Sprint(c.names[a.Start], " ", kind, " ", target, " ", c.privileges[a.Privilege], " ", effect, " ", a.AllowHops, " ", a.DenyHops)
}

func readCase(t testing.TB, dir string) *delivery {
	t.Helper()
	c := &delivery{}
	nodes := map[string]Node{}
	node := func(brn, name string) Node {
		n, ok := nodes[brn]
		if !ok {
			// A BRN names the type behind the tenant: brn:bid:balkanid:::TENANT:TYPE:ID.
			kind := map[string]Kind{"identity": Account, "connection": Group, "resource": Resource}[strings.Split(brn, ":")[6]]
			n, nodes[brn] = Node(len(c.kinds)), Node(len(c.kinds))
			c.kinds, c.names = append(c.kinds, kind), append(c.names, name)
		}
		return n
	}
	for r := range records(t, filepath.Join(dir, "entities.csv.gz")) {
		node(r["BRN*"], r["Integration*"]+" "+r["Source ID*"])
	}
	for _, r := range sortedRelations(t, dir) {
		var how struct {
			PrivilegeName  string
			PrivilegeValue bool
		}
		if err := json.Unmarshal([]byte(r["Metadata*"]), &how); err != nil {
			t.Fatal(err)
		}
		p := slices.Index(c.privileges, how.PrivilegeName)
		if p < 0 {
			p = len(c.privileges)
			c.privileges = append(c.privileges, how.PrivilegeName)
		}
		unlisted := r["Integration*"] + " not listed"
		c.edges = append(c.edges, Edge{node(r["Parent Entity BRN*"], unlisted), node(r["Entity BRN*"], r["Entity BRN*"]), uint32(p), !how.PrivilegeValue})
	}
	for r := range records(t, filepath.Join(dir, "expected.csv.gz")) {
		allow, _ := strconv.Atoi(r["allow_hops"])
		deny, _ := strconv.Atoi(r["deny_hops"])
		account := r["account_id"]
		if r["account_listed"] == "no" {
			account = "not listed" // the export tells only its BRN
		}
		c.want = append(c.want, fmt.Sprint(r["integration"], " ", account, " ", r["target_kind"], " ", r["target_id"], " ", r["privilege"], " ", r["effect"], " ", allow, " ", deny))
	}
	return c
}

// sortedRelations are the edges in the order of what would be their grant keys.
func sortedRelations(t testing.TB, dir string) (out []map[string]string) {
	for r := range records(t, filepath.Join(dir, "entity_relations.csv.gz")) {
		out = append(out, r)
	}
	key := func(r map[string]string) string {
		return r["Parent Entity BRN*"] + r["Entity BRN*"] + r["Metadata*"]
	}
	slices.SortFunc(out, func(a, b map[string]string) int { return strings.Compare(key(a), key(b)) })
	return out
}

// records are the lines of a compressed CSV file by header.
func records(t testing.TB, path string) func(yield func(map[string]string) bool) {
	return func(yield func(map[string]string) bool) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(z)
		header, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		for {
			cells, err := r.Read()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			m := map[string]string{}
			for i, h := range header {
				m[h] = cells[i]
			}
			if !yield(m) {
				return
			}
		}
	}
}
