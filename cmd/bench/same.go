package main

import (
	"errors"
	"fmt"
	"strings"
)

// childSame is the word by which the program runs itself to compare two files.
const childSame = "same"

// runSame holds the rows of two database files against each other by their
// hash, in both directions, repetitions included: arguments are the name of a
// shape and the files. JSON counts as the text that it is.
func runSame(args []string) (err error) {
	if len(args) != 3 || shapeNamed(args[0]) == nil {
		return errors.New("same: want SHAPE OURS YARDSTICK")
	}
	tables, err := shapeNamed(args[0]).tables()
	if err != nil {
		return err
	}
	db, err := attached(args[1], "(read_only)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("attach '" + args[2] + "' as yardstick (read_only)"); err != nil {
		return err
	}
	for _, t := range tables {
		rows := func(catalog string) string {
			cells := []string{"_source", "_dataset", "_record"} // the rest of the provenance is made in other ways
			for _, name := range columns(t) {
				cell := fmt.Sprintf("%q", name)
				if f := t.Field(name); f != nil && f.Type.IsText() {
					cell += "::varchar"
				}
				cells = append(cells, cell)
			}
			return fmt.Sprintf("select hash(%s) from %s.%s.%q", strings.Join(cells, ", "), catalog, t.Schema, t.Name)
		}
		var ours, theirs, onlyOurs, onlyTheirs int64
		query := fmt.Sprintf("select (select count(*) from (%[1]s)), (select count(*) from (%[2]s)), "+
			"(select count(*) from (%[1]s except all %[2]s)), (select count(*) from (%[2]s except all %[1]s))", rows("access"), rows("yardstick"))
		if err := db.QueryRow(query).Scan(&ours, &theirs, &onlyOurs, &onlyTheirs); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		if onlyOurs+onlyTheirs > 0 || ours != theirs {
			return fmt.Errorf("table %s: %d rows, the yardstick has %d; %d only in ours, %d only in the yardstick", t.Name, ours, theirs, onlyOurs, onlyTheirs)
		}
		fmt.Printf("%s %d\n", t.Name, ours)
	}
	return nil
}
