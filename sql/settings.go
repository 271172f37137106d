package sql

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Setting is a threshold, or a list of names, by which reports judge. Users set it in their
// configuration; meta.settings has the values by which a file was made. A query has it by
// {{setting "name"}}.
type Setting struct {
	Name    string
	Is      SettingKind
	Default string // in the form of [Setting.Read]
	Comment string
}

// SettingKind is what values a setting can have.
type SettingKind string

const (
	Days   SettingKind = "days"   // a whole number from 0 to 36500
	People SettingKind = "people" // a whole number of people, 2 or more
	Share  SettingKind = "share"  // a number from 0 to 1
	Names  SettingKind = "names"  // a list of names in which * stands for anything
)

// Settings are all settings, sorted by name.
var Settings = []Setting{
	{"dormant_days", Days, "30", "days without use from which report.dormant_accounts lists an account"},
	{"expiring_days", Days, "30", "days before its end from which report.expiring_access lists access"},
	{"peer_people", People, "10", "people in a department, with a title or with a manager, from which report.peer_outliers judges by them"},
	{"peer_share", Share, "0.05", "share of the peers who have it up to which report.peer_outliers lists access"},
	{"person_change_days", Days, "30", "days before the run for which report.person lists changes"},
	{"privileged_names", Names, "[]", "names of privileges, entitlements, roles and groups that report.privileged_access takes for administrative besides what sources flag and what has a telling word in it; letter case does not matter, and * stands for anything"},
	{"recent_days", Days, "7", "days before the run for which report.recent_changes lists changes"},
	{"unused_days", Days, "30", "days without use from which report.unused_privileges lists access"},
}

// FindSetting returns the setting of a name. Errors: there is none.
func FindSetting(name string) (Setting, error) {
	var names []string
	for _, s := range Settings {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Setting{}, fmt.Errorf("no setting %s; there are %s", name, strings.Join(names, ", "))
}

// Read reads a value as meta.settings has it: a number, or a list of names as JSON. What the
// setting is not is nil or "". Errors: it is none that the setting can have.
func (s Setting) Read(value string) (number string, names []string, err error) {
	n, bad := strconv.ParseFloat(value, 64)
	whole := bad == nil && n == float64(int(n)) && !strings.ContainsAny(value, ".eE+")
	switch {
	case s.Is == Days && !(whole && n >= 0 && n <= 36500):
		err = errors.New("want days, a whole number from 0 to 36500")
	case s.Is == People && !(whole && n >= 2 && n <= 1e9):
		err = errors.New("want a whole number of people, 2 or more")
	case s.Is == Share && !(bad == nil && n >= 0 && n <= 1):
		err = errors.New("want a share from 0 to 1")
	case s.Is == Names:
		if json.Unmarshal([]byte(value), &names) != nil || names == nil || slices.ContainsFunc(names, func(n string) bool { return strings.Trim(n, " *") == "" }) {
			err = errors.New("want a list of names, such as [Crown*, break-glass]; a name of stars alone would be everything")
		}
		return "", names, err
	}
	if err != nil {
		return "", nil, err
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil, nil
}

var settingUsed = regexp.MustCompile(`\bsetting "([a-z_]+)"`)

// settingsIn are the names of the settings that a query has, sorted.
func settingsIn(query string) (names []string) {
	for _, m := range settingUsed.FindAllStringSubmatch(query, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
