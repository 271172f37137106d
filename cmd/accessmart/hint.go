package main

import (
	"regexp"
	"slices"
	"strings"
)

// proposed is a command that a message proposes, and the one below it, if any.
var proposed = regexp.MustCompile(`\baccessmart ([a-z]+)( (?:check|drop|import|replay|verify))?\b`)

// Commands that read neither a configuration nor a database file, and those that read no
// database file.
var (
	readNeither = []string{"completion", "demo", "help", "init", "schema", "simulate", "version"}
	readNoFile  = []string{"artifacts", "datasets", "decode", "doctor", "extract", "plan"}
)

// hinted completes the commands that a message proposes by --config and --database as the command
// line had them, so that they are about the same files. A command of the message that names one
// itself keeps it.
func (g *globals) hinted(text string) string {
	if g.config+g.database == "" {
		return text
	}
	var b strings.Builder
	done := 0
	all := proposed.FindAllStringSubmatchIndex(text, -1)
	for i, m := range all {
		rest := text[m[1]:]
		if i+1 < len(all) {
			rest = text[m[1]:all[i+1][0]]
		}
		rest, _, _ = strings.Cut(rest, "\n")
		command := text[m[2]:m[3]]
		if !slices.Contains(g.commands, command) || slices.Contains(readNeither, command) {
			continue
		}
		b.WriteString(text[done:m[1]])
		done = m[1]
		for _, flag := range []struct{ name, value string }{{" --config", g.config}, {" --database", g.database}} {
			if flag.value == "" || strings.Contains(rest, flag.name) || flag.name == " --database" && slices.Contains(readNoFile, command) {
				continue
			}
			b.WriteString(flag.name + " " + shellWord(flag.value))
		}
	}
	return b.String() + text[done:]
}
