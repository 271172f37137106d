package main

import (
	"io"
	"testing"
)

// A command that a message proposes is about the files of the command that proposes it.
func TestHinted(t *testing.T) {
	for _, c := range []struct {
		g          globals
		text, want string
	}{
		{globals{}, "see: accessmart rejects", "see: accessmart rejects"},
		{globals{database: "a.duckdb"}, "see: accessmart rejects", "see: accessmart rejects --database a.duckdb"},
		{globals{database: "my file.duckdb"}, "'accessmart query \"from t\"' lists", "'accessmart query --database 'my file.duckdb' \"from t\"' lists"},
		{globals{database: "a.duckdb"}, "until: accessmart sources drop old", "until: accessmart sources drop --database a.duckdb old"},
		{globals{database: "a.duckdb"}, "accessmart load x --database b.duckdb", "accessmart load x --database b.duckdb"},
		{globals{database: "a.duckdb"}, "accessmart load x --database b.duckdb, or: accessmart status", "accessmart load x --database b.duckdb, or: accessmart status --database a.duckdb"},
		{globals{config: "c.yaml", database: "a.duckdb"}, "Next: accessmart load", "Next: accessmart load --config c.yaml --database a.duckdb"},
		{globals{config: "c.yaml", database: "a.duckdb"}, "'accessmart datasets check' tries it", "'accessmart datasets check --config c.yaml' tries it"},
		{globals{config: "c.yaml", database: "a.duckdb"}, "try: accessmart demo", "try: accessmart demo"},
		{globals{database: "a.duckdb"}, "start accessmart again", "start accessmart again"},
		{globals{database: "a.duckdb"}, "accessmart: links check: accessmart.yaml", "accessmart: links check: accessmart.yaml"},
	} {
		for _, cmd := range newRoot(newConsole(nil, io.Discard, io.Discard)).Commands() {
			c.g.commands = append(c.g.commands, cmd.Name())
		}
		if got := c.g.hinted(c.text); got != c.want {
			t.Errorf("%+v: %s, want %s", c.g, got, c.want)
		}
	}
}
