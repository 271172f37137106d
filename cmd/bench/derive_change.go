package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// changePeople changes one in a hundred people of a simulated company: the title that the
// employees of BalkanID and Oleria have, the department of Oleria's identities; and leaves out
// one in a hundred of BalkanID's relations, which are grants.
func changePeople(dir string) error {
	return errors.Join(
		changeCSV(filepath.Join(dir, "balkanid", "employees.csv"), "Title"),
		changeCSV(filepath.Join(dir, "oleria", "employees.csv"), "Job Title"),
		changeLines(filepath.Join(dir, "oleria", "access_inventory_identities_v2.json"), `"department":"`),
		dropLines(filepath.Join(dir, "balkanid", "entity_relations.csv")),
	)
}

// changeCSV puts a word before one in a hundred cells of a column.
func changeCSV(path, column string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return err
	}
	at := -1
	if len(rows) > 0 {
		at = slices.Index(rows[0], column)
	}
	if at < 0 {
		return fmt.Errorf("%s: no column %q", filepath.Base(path), column)
	}
	for i, row := range rows[1:] {
		if changed.differs(i) {
			row[at] = "Acting " + row[at]
		}
	}
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}

// changeLines puts a word behind a mark in one in a hundred lines.
func changeLines(path, mark string) error {
	return eachLine(path, func(i int, line []byte) []byte {
		if !changed.differs(i) {
			return line
		}
		return bytes.Replace(line, []byte(mark), []byte(mark+"New "), 1)
	})
}

// dropLines leaves out one in a hundred lines, but never the first, which is the header.
func dropLines(path string) error {
	return eachLine(path, func(i int, line []byte) []byte {
		if i > 0 && changed.differs(i) {
			return nil
		}
		return line
	})
}

func eachLine(path string, change func(i int, line []byte) []byte) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	i := 0
	for line := range bytes.Lines(data) {
		out.Write(change(i, line))
		i++
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}
