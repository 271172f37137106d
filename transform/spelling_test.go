package transform

import (
	"slices"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

const peopleYAML = "columns:\n  id: {from: [ID], type: text}\n  mail: {from: [Mail], type: email}\n  name: {from: [Name], type: text}\n  meta: {from: [Meta], type: json}\n" +
	"emit:\n  - {table: identities, set: {identity_key: {key: identity, of: [id]}, native_id: id, email: mail, display_name: name}}\n" +
	"  - {table: roles, set: {role_key: {key: role, of: [name]}, name: name}}\n" +
	"  - {table: groups, set: {group_key: {key: group, of: [meta.group]}}}\n"

// An id is the same however its letters are put together and whatever stands
// unseen in it; the vendor's table has it as it came.
func TestSpelling_keysAreOne(t *testing.T) {
	for _, in := range []string{
		"1\u200b7,an\u200bn@x.example,Caf\u00e9 Ole,{\"\"group\"\":\"\"M\u00fcnchen\"\"}",
		"17\u2060,\u202aann@x.example\u202c,Cafe\u0301\u00a0Ole,{\"\"group\"\":\"\"Mu\u0308nchen\"\"}",
		"\u00ad17,ANN@x.ex\u00adample,Cafe\u0301 Ole,{\"\"group\"\":\"\"M\\u00fcnch\\u200ben\"\"}",
		"17,ann@x.example,Caf\u00e9\u202fOle,{\"\"group\"\":\"\"M\u00fcnchen\ufeff\"\"}",
	} {
		id, rest, _ := cutComma(in)
		mail, rest, _ := cutComma(rest)
		name, meta, _ := cutComma(rest)
		r, err := transformed(t, peopleYAML, Options{}, input("ID,Mail,Name,Meta\n"+id+","+mail+","+name+",\""+meta+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, of := range [][2]string{{"identities", "identity_key"}, {"identities", "native_id"}, {"identities", "email"}, {"roles", "role_key"}, {"groups", "group_key"}} {
			got = append(got, column(r.rows[schemas.CommonSchema+"."+of[0]], of[1])...)
		}
		if want := []string{"demo:identity:17", "17", "ann@x.example", "demo:role:Caf\u00e9 Ole", "demo:group:M\u00fcnchen"}; !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q; %v", in, got, want, r.rejects)
		}
	}
}

func cutComma(s string) (string, string, bool) {
	for i := range s {
		if s[i] == ',' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// What a spreadsheet makes of whole numbers is read as these where the column
// has no others.
func TestSpelling_wholeNumbers(t *testing.T) {
	for _, tc := range []struct {
		ids, want []string
		finding   string
	}{
		{[]string{"10001.0", "10002", "7.0"}, []string{"10001", "10002", "7"}, "number_form id 2"},
		{[]string{"10001.0", "N/A"}, []string{"10001"}, "number_form id 1"},
		{[]string{"10001.0", "A2.0"}, []string{"10001.0", "A2.0"}, "number_form id 1"},
		{[]string{"1.0.0", "2.0"}, []string{"1.0.0", "2.0"}, "number_form id 1"},
		{[]string{"007.0", "10001"}, []string{"007.0", "10001"}, ""},
		{[]string{"10.01", "2.05"}, []string{"10.01", "2.05"}, ""},
		{[]string{"a.0", "b"}, []string{"a.0", "b"}, ""},
	} {
		in := "ID,Mail,Name,Meta\n"
		for i, id := range tc.ids {
			in += id + ",p" + string(rune('a'+i)) + "@x.example,n,\"{\"\"group\"\":1}\"\n"
		}
		r, err := transformed(t, peopleYAML, Options{}, input(in))
		if err != nil {
			t.Fatal(err)
		}
		if got := column(r.rows["observed.identities"], "native_id"); !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q", tc.ids, got)
		}
		if got := findingsOf(r); tc.finding != "" && !slices.Contains(got, tc.finding) || tc.finding == "" && len(got) > 0 {
			t.Errorf("%q: findings %q", tc.ids, got)
		}
		if got := column(r.rows["balkanid.test"], "id"); len(got) > 0 && got[0] != tc.ids[0] {
			t.Errorf("the vendor's table has %q", got)
		}
	}
}
