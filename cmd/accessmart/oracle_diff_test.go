package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/diff"
)

// keep puts a copy of the file aside.
func (f *fixture) keep(t *testing.T) (path string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, "access.duckdb"))
	path = filepath.Join(t.TempDir(), "earlier.duckdb")
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (f *fixture) changes(t *testing.T, args ...string) []diff.Change {
	t.Helper()
	var told struct{ Changes []diff.Change }
	out, _ := f.run(t, exitDone, append([]string{"diff", "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		t.Fatal(err)
	}
	return told.Changes
}

// changesArePlanted holds what diff says of the second day against what the company did, and
// against what the two files say otherwise.
func (f *fixture) changesArePlanted(t *testing.T, earlier string) {
	changes := f.changes(t)
	was, ok := f.sim.TruthAt(0)
	if !ok {
		t.Fatal("no first day")
	}
	is := f.sim.Truth()
	told := func(table, event string, say func(diff.Change) string) (out []string) {
		for _, c := range changes {
			if c.Table == table && slices.Contains(strings.Split(c.Event, ", "), event) {
				out = append(out, say(c))
			}
		}
		return out
	}
	address := func(c diff.Change) string {
		email, _, _ := strings.Cut(c.Who.What, ", ")
		return email
	}
	people := map[string]bool{} // whether they had left
	for _, p := range was.People {
		people[p.BalkanIDEmail] = p.Left
	}
	var joined, left []string
	for _, p := range is.People {
		switch gone, known := people[p.BalkanIDEmail]; {
		case !known:
			joined = append(joined, p.BalkanIDEmail)
		case p.Left && !gone:
			left = append(left, p.BalkanIDEmail)
		}
	}
	joined = append(joined, without(is.Guests, was.Guests)...)
	planted(t, "joined", told("identities", "joined", address), joined)
	planted(t, "disabled", told("identities", "disabled", address), left)
	planted(t, "moved", told("identities", "moved", address), f.moved(t))

	var opened []string
	for i, app := range is.Applications {
		for range without(app.Accounts, was.Applications[i].Accounts) {
			opened = append(opened, app.Name)
		}
	}
	planted(t, "opened", told("accounts", "opened", func(c diff.Change) string { return c.Application }), opened)

	// Applications that one vendor alone has with its groups.
	for _, event := range []string{"granted", "revoked"} {
		var want []string
		before, after := f.members(t, 0), f.members(t, 1)
		if event == "revoked" {
			before, after = after, before
		}
		want = without(after, before)
		got := told("grants", event, func(c diff.Change) string {
			return strings.ToLower(c.Application + " " + c.What.Kind + " " + c.What.Name + " " + c.Who.Name)
		})
		got = slices.DeleteFunc(got, func(s string) bool {
			return !strings.HasPrefix(s, "slack group ") && !strings.HasPrefix(s, "jira group ") && !strings.HasPrefix(s, "salesforce group ")
		})
		planted(t, event, got, want)
	}

	for _, c := range changes {
		if c.Cause != "data" {
			t.Errorf("%s %s: cause %s, though nothing but the vendors' data changed", c.Event, c.Key, c.Cause)
		}
	}
	line := func(c diff.Change) string {
		who := ""
		if c.Who != nil {
			who = c.Who.Key
		}
		return fmt.Sprint(c.Table, c.Key, who, c.Event, c.Change, c.Cause)
	}
	var here, files []string
	for _, c := range changes {
		here = append(here, line(c))
	}
	for _, c := range f.changes(t, "--with", earlier) {
		files = append(files, line(c))
	}
	planted(t, "two files", files, here)
}

func planted(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %d told, %d planted\ntold only: %q\nplanted only: %q", what, len(got), len(want), without(got, want), without(want, got))
	}
	if len(want) == 0 && what != "moved" { // by the day it is chance whether anybody moves
		t.Errorf("%s: none planted", what)
	}
}

// cells are the records of a dataset on a day, by header.
func (f *fixture) cells(t *testing.T, dataset string, generation int) (out []map[string]string) {
	t.Helper()
	table, ok := f.sim.Table(dataset, generation)
	if !ok {
		t.Fatalf("the simulator has no %s", dataset)
	}
	for _, r := range table.Rows {
		row := map[string]string{}
		for i, c := range table.Columns {
			row[strings.ToLower(strings.Trim(c, "* "))] = r.Cells[i]
		}
		out = append(out, row)
	}
	return out
}

// moved are the people of whom HR tells another department, title, place or manager.
func (f *fixture) moved(t *testing.T) (out []string) {
	place := func(r map[string]string) string {
		return r["department"] + "|" + r["title"] + "|" + r["designation"] + "|" + r["manager work email"]
	}
	was := map[string]string{}
	for _, r := range f.cells(t, "balkanid.employees", 0) {
		was[r["work email"]] = place(r)
	}
	for _, r := range f.cells(t, "balkanid.employees", 1) {
		if before, known := was[r["work email"]]; known && before != place(r) {
			out = append(out, strings.ToLower(r["work email"]))
		}
	}
	return out
}

// members are who is in which group, of applications that only Oleria or only BalkanID tells
// with their groups.
func (f *fixture) members(t *testing.T, generation int) (out []string) {
	for _, r := range f.cells(t, "oleria.group_utilization_accounts", generation) {
		if app := strings.ToLower(r["application"]); app == "slack" || app == "salesforce" {
			out = append(out, strings.ToLower(app+" group "+r["groupname"]+" "+r["account"]))
		}
	}
	names := map[string]string{}
	for _, r := range f.cells(t, "balkanid.entities", generation) {
		names[r["brn"]] = r["name"]
		var meta struct{ Username string }
		if json.Unmarshal([]byte(r["metadata"]), &meta) == nil && meta.Username != "" {
			names[r["brn"]] = meta.Username
		}
	}
	for _, r := range f.cells(t, "balkanid.entity_relations", generation) {
		if strings.Contains(r["parent entity brn"], ":identity:") && strings.Contains(r["entity brn"], ":connection:") && r["app"] == "jira" && !strings.Contains(r["metadata"], `"privilegeValue":false`) {
			out = append(out, strings.ToLower("jira group "+names[r["entity brn"]]+" "+names[r["parent entity brn"]]))
		}
	}
	return out
}
