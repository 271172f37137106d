package main

import (
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/load/database"
)

// foreignLogs says of each file beside the database that other programs would
// take for changes to it what it is and how to move it away; "" for none.
func foreignLogs(path string) (string, error) {
	found, err := database.ForeignLogs(path)
	if err != nil || len(found) == 0 {
		return "", err
	}
	var moves []string
	for _, name := range found {
		moves = append(moves, fmt.Sprintf("mv %s %s", shellQuote(name), shellQuote(name+".foreign")))
	}
	return fmt.Sprintf("%s lies beside the database file, and this program makes none there: a notebook or shell that opened the file for writing "+
		"left it, or somebody planted it. Other programs take it for changes to the file. Move it away: %s. The next refresh does, too",
		strings.Join(found, ", "), strings.Join(moves, " && ")), nil
}

// warnOfLogs tells who asks the file that something beside it was not read.
func (c *console) warnOfLogs(path string) error {
	text, err := foreignLogs(path)
	if text != "" {
		c.say("warning: not read: %s.", text)
	}
	return err
}
