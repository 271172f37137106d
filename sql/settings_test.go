package sql

import (
	"slices"
	"strings"
	"testing"
)

// Every setting is read with its default, is used by a report, and every report names
// settings that there are.
func TestSettings_areUsed(t *testing.T) {
	used := map[string]bool{}
	for _, o := range All(Report) {
		for _, name := range o.Settings {
			used[name] = true
			if _, err := FindSetting(name); err != nil {
				t.Errorf("report.%s: %v", o.Name, err)
			}
			if s, _ := FindSetting(name); !strings.Contains(s.Comment, "report."+o.Name) {
				t.Errorf("the comment of %s does not name report.%s", name, o.Name)
			}
		}
	}
	if !slices.IsSortedFunc(Settings, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted")
	}
	for _, s := range Settings {
		if _, _, err := s.Read(s.Default); err != nil || !used[s.Name] {
			t.Errorf("%s: %v, used: %v", s.Name, err, used[s.Name])
		}
	}
}

func TestSetting_Read(t *testing.T) {
	for _, tc := range []struct {
		kind  SettingKind
		value string
		good  bool
	}{
		{Days, "0", true}, {Days, "90", true}, {Days, "-1", false}, {Days, "1.5", false}, {Days, "", false}, {Days, "ninety", false}, {Days, "1e3", false}, {Days, "99999999999999999999", false},
		{People, "2", true}, {People, "1", false},
		{Share, "0.05", true}, {Share, "1", true}, {Share, "5", false}, {Share, "NaN", false},
		{Names, `[]`, true}, {Names, `["Crown*"]`, true}, {Names, `["*"]`, false}, {Names, `[" "]`, false}, {Names, `[1]`, false}, {Names, "Crown", false}, {Names, "null", false},
	} {
		if _, _, err := (Setting{Is: tc.kind}).Read(tc.value); (err == nil) != tc.good {
			t.Errorf("%s %q: %v", tc.kind, tc.value, err)
		}
	}
}
