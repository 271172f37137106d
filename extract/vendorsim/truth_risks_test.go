package vendorsim

import (
	"strings"
	"testing"
)

func TestTruth_findingsOfBalkanID(t *testing.T) {
	s := company2(t)
	tab, truth := s.tab(t, "balkanid.findings"), s.Truth()
	id, status, employee, ended := cells(t, tab, "ID"), cells(t, tab, "Workflow Status"), cells(t, tab, "Employee"), 0
	var got, want []string
	for _, r := range tab.Rows {
		got = append(got, id(r)+status(r)+employee(r))
		if status(r) == "completed" {
			ended++
		}
	}
	found := map[string]bool{}
	for _, f := range truth.Findings {
		want = append(want, f.ID+f.Status+f.Employee)
		found[f.Application+"/"+f.NativeID] = true
	}
	sameSet(t, "findings", got, want)
	for _, a := range append(truth.Leavers, truth.Orphans...) {
		if seen := a.Vendor == "balkanid" && a.Application != "balkanid"; seen && !found[a.Application+"/"+a.NativeID] {
			t.Errorf("no finding about %s in %s", a.NativeID, a.Application)
		}
	}
	if ended == 0 || ended == len(got) {
		t.Errorf("%d of %d are completed", ended, len(got))
	}
	if c := s.Diff("balkanid.findings", 1, 2); len(c.Changed) == 0 {
		t.Error("nobody works on findings")
	}
}

func TestTruth_insightsOfBalkanID(t *testing.T) {
	s := company2(t)
	tab := s.tab(t, "balkanid.entity_insights")
	id, value := cells(t, tab, "ID"), cells(t, tab, "Value")
	var got, want []string
	for _, r := range tab.Rows {
		got = append(got, id(r))
		if strings.Contains(value(r), "connections: []") {
			t.Errorf("%s names no connection", id(r))
		}
	}
	for _, o := range s.Truth().Lone {
		want = append(want, o.ID)
	}
	sameSet(t, "insights", got, want)
}
