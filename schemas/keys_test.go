package schemas

import (
	"slices"
	"strings"
	"testing"
)

// keyKinds says which kind of key each key column holds.
var keyKinds = map[string]string{
	"identity_key": "identity", "account_key": "account", "application_key": "application", "group_key": "group", "role_key": "role", "resource_key": "resource",
	"entitlement_key": "entitlement", "grant_key": "grant", "request_key": "request", "review_key": "review", "risk_key": "risk", "activity_key": "activity",
	"usage_key": "usage", "event_key": "event", "candidate_key": "candidate", "recommendation_key": "recommendation", "policy_key": "policy", "object_key": "object",
	"manager_identity_key": "identity", "owner_identity_key": "identity", "beneficiary_identity_key": "identity", "requester_identity_key": "identity",
	"approver_identity_key": "identity", "reviewer_identity_key": "identity", "assigned_to_identity_key": "identity", "actor_identity_key": "identity", "parent_resource_key": "resource", "actor_account_key": "account",
}

// kindColumns are the keys whose kind another column of the row tells.
var kindColumns = map[string]string{"principal_key": "principal_kind", "target_key": "target_kind", "subject_key": "subject_kind"}

func eachEmit(t *testing.T, f func(c *Contract, e *Emit, table *Table)) {
	t.Helper()
	s := load(t)
	for _, c := range s.All() {
		for i := range c.Emit {
			f(c, &c.Emit[i], s.Common.Table(c.Emit[i].Table))
		}
	}
}

func (e *Emit) value(target string) *Expr {
	for i := range e.Set {
		if e.Set[i].Target == target {
			return &e.Set[i].Value
		}
	}
	return nil
}

func TestKeys_nameTheTableTheyLeadTo(t *testing.T) {
	eachEmit(t, func(c *Contract, e *Emit, _ *Table) {
		for _, a := range e.Set {
			kind, fixed := keyKinds[a.Target]
			kindColumn, told := kindColumns[a.Target]
			if !fixed && !told {
				if strings.HasSuffix(a.Target, "_key") {
					t.Errorf("%s: %s.%s: the test does not know what kind of key it is", c.Dataset, e.Table, a.Target)
				}
				continue
			}
			keys := a.Value.Keys()
			if len(keys) == 0 {
				t.Errorf("%s: %s.%s is no key but %s", c.Dataset, e.Table, a.Target, a.Value.String())
			}
			for _, k := range keys {
				want := []string{kind}
				if told {
					x := e.value(kindColumn)
					if x == nil {
						t.Fatalf("%s: %s.%s without %s", c.Dataset, e.Table, a.Target, kindColumn)
					}
					want = x.words()
				}
				if !slices.Contains(want, k.Key) {
					t.Errorf("%s: %s.%s is a key of kind %s, want %v", c.Dataset, e.Table, a.Target, k.Key, want)
				}
			}
		}
	})
}

// A kind that a row may have needs a key for it, or the edge would lead nowhere.
func TestKeys_thereIsOneForEachKind(t *testing.T) {
	eachEmit(t, func(c *Contract, e *Emit, table *Table) {
		for keyColumn, kindColumn := range kindColumns {
			kind, key := e.value(kindColumn), e.value(keyColumn)
			if kind == nil || e.Table == "access_requests" || table.Field(keyColumn) == nil {
				continue
			}
			if key == nil {
				t.Errorf("%s: %s.%s without %s", c.Dataset, e.Table, kindColumn, keyColumn)
				continue
			}
			for _, word := range kind.words() {
				if !slices.ContainsFunc(key.Keys(), func(k *Expr) bool { return k.Key == word }) {
					t.Errorf("%s: %s.%s may be %s, for which there is no key", c.Dataset, e.Table, kindColumn, word)
				}
			}
		}
	})
}

// apart are lists of two kinds of one thing, whose ids are of one space.
var apart = map[string]bool{
	"sailpoint.access_profiles sailpoint.roles":           true,
	"sailpoint.access_profiles sailpoint.role_dimensions": true,
	"sailpoint.role_dimensions sailpoint.roles":           true,
	"sailpoint.identities sailpoint.machine_identities":   true,
}

// Two exports of a vendor may have rows of one key about a thing or an edge, which is there
// once in main all the same; but one alone lists such things, and a fact counts each time.
func TestKeys_tellRowsApart(t *testing.T) {
	type filler struct {
		dataset string
		shares  bool // its rows may have the keys of another dataset
	}
	fillers := map[string][]filler{} // by vendor, table and key
	eachEmit(t, func(c *Contract, e *Emit, table *Table) {
		if table.Key == "" {
			return
		}
		x := e.value(table.Key)
		for _, k := range x.Keys() {
			if e.Each != nil && !slices.ContainsFunc(k.Of, func(of Expr) bool { return of.Column == Item }) {
				t.Errorf("%s: %s: the key %s is the same for each item", c.Dataset, e.Table, k)
			}
			if len(k.Of) == 0 {
				continue
			}
			varies := slices.ContainsFunc(k.Of, func(of Expr) bool { return of.Const == nil })
			if !varies {
				t.Errorf("%s: %s: the key %s is constant", c.Dataset, e.Table, k)
			}
			if e.Strength == Supplements || e.Strength == Mentions {
				continue // the same thing or fact, told once more
			}
			name := c.Vendor() + " " + e.Table + " " + k.String() + conditionText(e.When)
			mine := filler{c.Dataset, e.Table == "grants" || IsThing(e.Table) && e.Strength != Describes}
			for _, other := range fillers[name] {
				if other.dataset == c.Dataset || !mine.shares && !other.shares && !apart[other.dataset+" "+c.Dataset] {
					t.Errorf("%s and %s both fill %s by %s", other.dataset, c.Dataset, e.Table, k)
				}
			}
			fillers[name] = append(fillers[name], mine)
		}
	})
}

// A key that is a reference must be made as the key of the row it refers to.
func TestKeys_partsFollowOneForm(t *testing.T) {
	forms := map[string]map[int]bool{}
	eachEmit(t, func(c *Contract, e *Emit, _ *Table) {
		if c.Vendor() != "oleria" {
			return
		}
		for _, a := range e.Set {
			for _, k := range a.Value.Keys() {
				if len(k.Of) == 0 || k.Key != "account" && k.Key != "application" && k.Key != "group" && k.Key != "role" {
					continue
				}
				instance := slices.Concat([]Expr{k.Of[1]}, k.Of[1].First)
				if k.Of[0].Column != "application" && k.Of[0].Const == nil ||
					!slices.ContainsFunc(instance, func(x Expr) bool { return x.Column == "application_instance" }) {
					t.Errorf("%s: %s.%s: %s does not start with application and instance", c.Dataset, e.Table, a.Target, k)
				}
				if forms[k.Key] == nil {
					forms[k.Key] = map[int]bool{}
				}
				forms[k.Key][len(k.Of)] = true
			}
		}
	})
	for kind, sizes := range forms {
		if len(sizes) != 1 {
			t.Errorf("keys of kind %s have parts of different number", kind)
		}
	}
}

func TestCommon_rawSiblingsHaveAClosedWord(t *testing.T) {
	for _, table := range load(t).Common.Tables {
		for _, f := range table.Fields {
			base, isRaw := strings.CutSuffix(f.Name, "_raw")
			if !isRaw || base == "granted_via" {
				continue
			}
			if s := table.Field(base); s == nil || !slices.Contains(s.Enum, Unknown) {
				t.Errorf("%s.%s: %s is not a closed set with %q", table.Name, f.Name, base, Unknown)
			}
		}
	}
}

func TestCommon_namesTellTypes(t *testing.T) {
	for _, table := range load(t).Common.Tables {
		for _, f := range table.Fields {
			want := Type("")
			switch {
			case strings.HasSuffix(f.Name, "_at"), f.Name == "at", f.Name == "as_of":
				want = Timestamp
			case strings.HasSuffix(f.Name, "_on"):
				want = Date
			case strings.HasPrefix(f.Name, "is_"), strings.HasPrefix(f.Name, "has_"):
				want = Bool
			case strings.HasSuffix(f.Name, "_count"), strings.HasSuffix(f.Name, "_days"), strings.HasSuffix(f.Name, "_seconds"):
				want = Int
			case f.Name == "email", strings.HasSuffix(f.Name, "_email"):
				want = Email
			case strings.HasSuffix(f.Name, "_key"), strings.HasSuffix(f.Name, "_raw"):
				want = Text
			case f.Name == "attributes":
				want = JSON
			}
			if want != "" && f.Type != want {
				t.Errorf("%s.%s is %s, want %s", table.Name, f.Name, f.Type, want)
			}
		}
	}
}
