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

const repeatsContract = `
columns:
  id: {from: [ID], type: text}
  owner: {from: [Owner], type: email}
  kind: {from: [Kind], type: text}
  days: {from: [Days], type: int}
  tags: {from: [Tags], type: list, separator: ";"}
  note: {from: [Note], type: text}
emit:
  - table: accounts
    set:
      account_key: {first: [{key: account, of: [id], when: {id: present}}, {key: account}]}
      email: owner
      username: kind
  - table: grants
    when: {kind: [member, owner, other]}
    set:
      grant_key: {key: grant, of: [id, kind]}
      principal_kind: {column: kind, values: {member: account, owner: identity, team: group}}
      principal_key: {key: account, of: [kind]}
      target_kind: {const: group}
      target_key: {key: group, of: [kind]}
  - table: entitlements
    each: tags
    set:
      entitlement_key: {key: entitlement, of: [id, item]}
      name: item
`

// What is left out as a repeat changes nothing but how often the same row
// comes, whatever is rejected and whatever has no id.
func TestRepeats_leaveTheSameRows(t *testing.T) {
	rejects := map[any]bool{}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 0))
		one := func(words ...string) string { return words[r.IntN(len(words))] }
		var b strings.Builder
		b.WriteString("ID,Owner,Kind,Days,Tags,Note\n")
		for range 300 {
			id := fmt.Sprint(r.IntN(12))
			if seed%3 == 0 && r.IntN(80) == 0 {
				id = ""
			}
			days := "3"
			if seed%2 == 0 && r.IntN(30) == 0 {
				days = "many" // a reject of the vendor table
			}
			kind := one("member", "owner", "")
			if seed%5 < 2 && r.IntN(40) == 0 {
				kind = "other" // no word that the contract maps
			}
			fmt.Fprintf(&b, "%s,%s@example.com,%s,%s,%s,%d\n", id, one("a", "b"), kind, days, one("", "x", "x;y", ";;"), r.IntN(3))
		}
		short, err := transformed(t, repeatsContract, Options{Source: "demo", chunk: 512}, input(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		full, err := transformed(t, repeatsContract, Options{Source: "demo", chunk: 512, inFull: true}, input(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"observed.accounts", "observed.grants", "observed.entitlements"} {
			if d := cmp.Diff(distinctRows(full.rows[table]), distinctRows(short.rows[table])); d != "" {
				t.Fatalf("seed %d, %s (-full +short):\n%s", seed, table, d)
			}
			if len(short.rows[table]) == 0 || len(short.rows[table]) > len(full.rows[table]) {
				t.Fatalf("seed %d, %s: %d rows, %d in full", seed, table, len(short.rows[table]), len(full.rows[table]))
			}
		}
		for _, r := range full.rejects {
			rejects[r["rule"]] = true
		}
		if d := cmp.Diff(full.rejects, short.rejects); d != "" {
			t.Fatalf("seed %d, rejects (-full +short):\n%s", seed, d)
		}
		if d := cmp.Diff(full.rows["balkanid.test"], short.rows["balkanid.test"]); d != "" {
			t.Fatalf("seed %d, vendor table (-full +short):\n%s", seed, d)
		}
	}
	if !rejects[schemas.RuleType] || !rejects[schemas.RuleEnum] {
		t.Errorf("the records were to have rejects of both rules; there are %v", rejects)
	}
}

// distinctRows is each content once, with the record that it was first seen in.
func distinctRows(rows []map[string]any) []string {
	seen, out := map[any]bool{}, []string{}
	for _, r := range rows {
		if h := fmt.Sprint(r[schemas.HashColumn]); !seen[h] {
			seen[h] = true
			out = append(out, fmt.Sprint(r))
		}
	}
	slices.Sort(out)
	return out
}

func TestRepeats_aStreamReadTwiceGivesTheSame(t *testing.T) {
	r, err := transformed(t, repeatsContract, Options{Source: "demo"}, input("ID,Owner,Kind\n1,a@example.com,member\n1,a@example.com,member\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for b, err := range r.stream.Batches {
		if err != nil {
			t.Fatal(err)
		}
		if b.Table.Name == "accounts" {
			n += int(b.Rows.NumRows())
		}
	}
	if n != 1 {
		t.Errorf("%d accounts the second time", n)
	}
}
