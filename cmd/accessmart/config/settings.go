package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/accessmart/accessmart/sql"
)

// settings are the thresholds and lists of names by which reports judge, by name: a number, a
// list of texts, or a text in which a reference was resolved.
type settings map[string]any

func (s settings) check() error {
	_, err := s.values()
	return err
}

// values are the settings as package sql reads them. A key with nothing behind it is not set.
// An error never tells a value, which may be a secret in the wrong place.
func (s settings) values() (map[string]string, error) {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		setting, err := sql.FindSetting(name)
		if err != nil {
			if !plainKey.MatchString(name) {
				err = errors.New("a key that is none")
			}
			return nil, fmt.Errorf("settings: %w", err)
		}
		var text string
		switch v := s[name].(type) {
		case nil:
			continue
		case string:
			if text = v; text == "" {
				continue
			}
		default: // a number, or a list, as JSON has it
			data, err := json.Marshal(v)
			if err != nil {
				return nil, fmt.Errorf("settings.%s: want a number or a list of names", name)
			}
			text = string(data)
		}
		if _, _, err := setting.Read(text); err != nil {
			return nil, fmt.Errorf("settings.%s: %w", name, err)
		}
		out[name] = text
	}
	return out, nil
}

// reportSettings are the settings for package load, nil where the configuration stands in no
// file: then those of the database file stay.
func (c *Config) reportSettings() map[string]string {
	if c.file == "" {
		return nil
	}
	values, _ := c.Settings.values() // checked when it was read
	return values
}
