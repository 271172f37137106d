package answers

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	objects "github.com/accessmart/accessmart/sql"
)

// setting is the value of a setting in a query: a whole number, which functions of the
// template take too, or SQL.
func (m Model) setting(name string) (any, error) {
	s, err := objects.FindSetting(name)
	if err != nil {
		return nil, err
	}
	number, names, err := s.Read(cmp.Or(m.Settings[name], s.Default))
	switch {
	case err != nil:
		return nil, fmt.Errorf("setting %s: %w", name, err)
	case s.Is == objects.Names:
		return database.Texts(names), nil
	case s.Is == objects.Share:
		return database.SQL(number), nil
	}
	return strconv.Atoi(number)
}

// readSettings are those that the file has, without what this program does not know or could
// not use, which then has its default.
func readSettings(ctx context.Context, t *database.Tx) (map[string]string, error) {
	out := map[string]string{}
	return out, t.Each(ctx, "select name, value from meta.settings", func(rows *sql.Rows) error {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		if s, err := objects.FindSetting(name); err == nil {
			if _, _, err := s.Read(value); err == nil {
				out[name] = value
			}
		}
		return nil
	})
}

var settingRow = database.Parse(`({{.name}}, {{.value}}, {{.comment}})`)

// writeSettings replaces the rows of meta.settings by those that reports are made with.
func (m Model) writeSettings(ctx context.Context, t *database.Tx) error {
	var rows []database.SQL
	for _, s := range objects.Settings {
		rows = append(rows, settingRow.Fill(database.Values{"name": s.Name, "value": cmp.Or(m.Settings[s.Name], s.Default), "comment": s.Comment}))
	}
	return ledger.Replace(ctx, t, "meta.settings (name, value, comment)", rows)
}
