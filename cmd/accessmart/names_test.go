package main

import (
	"strings"
	"testing"
)

// What a file is called is told, but does not steer the terminal.
func TestLoad_namesOfFilesAreNotObeyed(t *testing.T) {
	g := newGenerations(t)
	g.put("folder/requests.\x1b[31mred.csv", "x")
	g.put("folder/requests.\u009b31mblue.csv", "y")
	g.put("folder/other\x1b]0;title\x07.csv", "z")
	out, err := g.command("load", "folder", "--vendor", "balkanid", "--database", g.database).CombinedOutput()
	if err == nil || strings.ContainsAny(string(out), "\x1b\u009b\x07") {
		t.Errorf("%v: %q", err, out)
	}
	if !strings.Contains(string(out), "31mred.csv") || !strings.Contains(string(out), "]0;title") {
		t.Errorf("the names are missing: %q", out)
	}
}
