package transform

import (
	"fmt"
	"strings"
	"testing"
)

// Each case has one good record, which the repeats look at first, and one that
// is a reject.
func TestRejects_tellWhetherTheirKeysAreCertain(t *testing.T) {
	const columns = `
columns:
  id:    {from: [Id], type: int}
  mail:  {from: [Mail], type: text}
  kind:  {from: [Kind], type: text}
  age:   {from: [Age], type: int}
  when:  {from: [When], type: date}
  names: {from: [Names], type: json}
`
	const header = "Id,Mail,Kind,Age,When,Names\n1,a@example.com,human,30,2026-01-02,\"[\"\"x\"\"]\"\n"
	for _, tc := range []struct {
		what, emit, record string
		keys, unnamed      string
	}{
		{"the bad cell is in no key", "identity_key: {key: identity, of: [mail]}", "2,b@example.com,human,old,,", "demo:identity:b@example.com", ""},
		{"the bad cell is the key", "identity_key: {key: identity, of: [id]}", "x,b@example.com,human,3,,", "", "identities"},
		{"it is a part of the key", "identity_key: {key: identity, of: [mail, id]}", "x,b@example.com,human,3,,", "", "identities"},
		{"a way before it makes the key", "identity_key: {first: [{key: identity, of: [mail]}, {key: identity, of: [id]}]}", "x,b@example.com,human,3,,",
			"demo:identity:b@example.com", ""},
		{"the way before it is the bad one", "identity_key: {first: [{key: identity, of: [id]}, {key: identity, of: [mail]}]}", "x,b@example.com,human,3,,", "", "identities"},
		{"the way before it hangs on a bad cell", "identity_key: {first: [{key: identity, of: [mail], when: {age: present}}, {key: identity, of: [kind]}]}",
			"2,b@example.com,human,x,,", "", "identities"},
		{"another cell is bad too", "identity_key: {key: identity, of: [id]}", "x,b@example.com,human,old,,", "", "identities"},
		{"the key is the whole record", "identity_key: {key: identity}", "2,b@example.com,human,old,,", "", "identities"},
		{"the whole record is not needed", "identity_key: {first: [{key: identity, of: [mail]}, {key: identity}]}", "2,b@example.com,human,old,,",
			"demo:identity:b@example.com", ""},
		{"there is no key", "identity_key: {key: identity, of: [mail]}", "2,,human,3,,", "", "identities"},
	} {
		t.Run(tc.what, func(t *testing.T) {
			r, err := transformed(t, columns+"emit:\n  - table: identities\n    set:\n      "+tc.emit+"\n", Options{}, input(header+tc.record+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			wantNames(t, r, tc.keys, tc.unnamed)
		})
	}
	for _, tc := range []struct{ what, emit, record, keys, unnamed string }{
		{"whether there is a row hangs on a bad cell", "when: {age: present}", "2,b@example.com,human,old,,", "", "identities"},
		{"there is certainly no row", "when: {kind: [robot]}", "2,b@example.com,human,old,,", "", ""},
		{"there certainly is one", "when: {kind: [human]}", "2,b@example.com,human,old,,", "demo:identity:b@example.com", ""},
	} {
		t.Run(tc.what, func(t *testing.T) {
			r, err := transformed(t, columns+"emit:\n  - table: identities\n    "+tc.emit+"\n    set:\n      identity_key: {key: identity, of: [mail]}\n",
				Options{}, input(header+tc.record+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			wantNames(t, r, tc.keys, tc.unnamed)
		})
	}
	keyless := columns + "emit:\n  - table: identity_accounts\n    when: {kind: [human]}\n    set:\n      identity_key: {key: identity, of: [mail]}\n      account_key: {key: account, of: [kind]}\n"
	r, err := transformed(t, keyless, Options{}, input(header+"2,b@example.com,human,old,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, r, "", "identity_accounts")
	broken := columns + "emit:\n  - table: identities\n    set:\n      identity_key: {key: identity, of: [mail]}\n"
	r, err = transformed(t, broken, Options{}, input(header+"2,\"b\"x,human,3,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, r, "", "identities")
}

func wantNames(t *testing.T, r *result, keys, unnamed string) {
	t.Helper()
	if len(r.rejects) != 1 {
		t.Fatalf("%d rejects: %v", len(r.rejects), r.rejects)
	}
	if got := listed(r.rejects[0]["row_keys"]); got != keys {
		t.Errorf("keys %q, want %q", got, keys)
	}
	if got := listed(r.rejects[0]["unnamed_tables"]); got != unnamed {
		t.Errorf("unnamed %q, want %q", got, unnamed)
	}
}

// listed is a list cell of a result without its JSON.
func listed(v any) string {
	if v == nil {
		return ""
	}
	return strings.NewReplacer("[", "", "]", "", `"`, "").Replace(fmt.Sprint(v))
}
