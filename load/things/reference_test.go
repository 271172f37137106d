package things

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/accessmart/accessmart/schemas"
)

// statement is a row of observed with its link, or, without values, a key that others refer
// to and no row has.
type statement struct {
	table, source, dataset, key, part string
	strength                          string
	thing                             string // key of the thing
	isReference                       bool   // rows that name the key mean the thing
	described                         bool
	founded                           time.Time // the thing, as this link has it
	since                             time.Time // of this version
	hash                              string
	values                            map[string]any // by field, as JSON has them; nil for a key only
}

// world is all that is stated at a moment.
type world struct {
	statements []*statement
	edges      []*statement // of grants and identity_accounts
	owners     []owner
}

type owner struct{ account, identity, rule, evidence string }

// row is a row of main as JSON has it, without first_seen_at, _valid_from and _hash.
type row map[string]any

func (r row) String() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// thingOf is the thing that a reference means; "" for none.
func (w *world) thingOf(table string, key any) string {
	best := ""
	for _, s := range w.statements {
		if s.table == table && s.key == key && s.isReference && (best == "" || s.thing < best) {
			best = s.thing
		}
	}
	return best
}

// translate are the values of a statement with the keys of things.
func (w *world) translate(t *schemas.Table, s *statement) map[string]any {
	out := maps.Clone(s.values)
	for _, f := range t.Fields {
		table := f.Refers
		if f.RefersBy != "" {
			word, _ := s.values[f.RefersBy].(string)
			table = schemas.RefersTo(word)
		}
		if v, ok := out[f.Name]; !ok || v == nil || table == "" {
			continue
		}
		out[f.Name] = nil
		if thing := w.thingOf(table, s.values[f.Name]); thing != "" {
			out[f.Name] = thing
		}
	}
	return out
}

// claim is a statement as a thing has it.
type claim struct {
	*statement
	values map[string]any
}

var strengths = []string{"mentions", "supplements", "describes"}

// stronger orders by what goes before.
func stronger(a, b claim) int {
	return cmp.Or(cmp.Compare(slices.Index(strengths, b.strength), slices.Index(strengths, a.strength)), b.since.Compare(a.since),
		strings.Compare(a.source, b.source), strings.Compare(a.dataset, b.dataset), strings.Compare(b.hash, a.hash))
}

// value is what statements, the strongest first, say of a field.
func value(t *schemas.Table, f *schemas.Field, of []claim) any {
	// A known word goes before one that is not, with the vendor's own word for it.
	if word := t.Field(strings.TrimSuffix(f.Name, "_raw")); word != nil && word.Merge == schemas.Prefer && slices.Contains(word.Enum, "unknown") {
		for _, s := range of {
			if v := s.values[word.Name]; v != nil && v != "unknown" {
				return s.values[f.Name]
			}
		}
	}
	var best any
	for _, s := range of {
		v := s.values[f.Name]
		switch {
		case v == nil:
		case best == nil:
			best = v
		case f.Merge == schemas.AnyOf:
			best = best.(bool) || v.(bool)
		case f.Merge == schemas.Max && less(best, v), f.Merge == schemas.Min && less(v, best):
			best = v
		case f.Merge == schemas.Union:
			best = under(best, v)
		}
	}
	return best
}

func less(a, b any) bool {
	if x, ok := a.(float64); ok {
		return x < b.(float64)
	}
	return a.(string) < b.(string)
}

// under is an object with the members that it lacks of a weaker one.
func under(strong, weak any) any {
	out := maps.Clone(strong.(map[string]any))
	for k, v := range weak.(map[string]any) {
		if _, ok := out[k]; !ok {
			out[k] = v
		}
	}
	return out
}

func fold(v any) any {
	if s, ok := v.(string); ok {
		return strings.ToLower(norm.NFC.String(strings.Trim(s, " ")))
	}
	return v
}

// saysLess tells whether the parts of a text, with commas between, are the first of another.
func saysLess(less, more any) bool {
	a, b := strings.Split(fold(less).(string), ","), strings.Split(fold(more).(string), ",")
	return len(a) < len(b) && slices.Equal(a, b[:len(a)])
}

// rowOf is the row of a thing.
func rowOf(t *schemas.Table, key string, of []claim) row {
	slices.SortFunc(of, stronger)
	bySource := map[string][]claim{}
	for _, s := range of {
		bySource[s.source] = append(bySource[s.source], s)
	}
	sources := slices.Sorted(maps.Keys(bySource))
	out, differ := row{t.Key: key}, map[string]any{}
	for i := range t.Fields {
		f := &t.Fields[i]
		if f.Name == t.Key || f.Merge == schemas.None {
			continue
		}
		out[f.Name] = value(t, f, of)
		if f.Type == schemas.JSON || f.Refers != "" || f.RefersBy != "" || strings.HasSuffix(f.Name, "_raw") {
			continue
		}
		said, differs := map[string]any{}, false
		for _, s := range sources {
			v := value(t, f, bySource[s])
			if v == nil {
				continue
			}
			for _, other := range said {
				differs = differs || fold(v) != fold(other) && (f.Compare != schemas.Beginning || !saysLess(v, other) && !saysLess(other, v))
			}
			said[s] = v
		}
		if differs {
			differ[f.Name] = said
		}
	}
	out["disagreements"] = nil
	if len(differ) > 0 {
		out["disagreements"] = differ
	}
	out["source_count"] = float64(len(sources))
	out["sources"] = []any{}
	for _, s := range sources {
		out["sources"] = append(out["sources"].([]any), s)
	}
	return out
}

// rows are what main is to have, by table and key. The key of a grant, which is a
// fingerprint, is left out.
func (w *world) rows(common *schemas.Common) map[string][]row {
	out := map[string][]row{}
	for _, t := range common.Tables {
		switch {
		case schemas.IsThing(t.Name):
			out[t.Name] = w.things(t)
		case t.Name == "grants":
			out[t.Name] = w.grants(t)
		case t.Name == "identity_accounts":
			out[t.Name] = w.relations(t)
		}
	}
	return out
}

func (w *world) things(t *schemas.Table) (out []row) {
	of := map[string][]claim{}
	described := map[string]bool{}
	for _, s := range w.statements {
		if s.table == t.Name {
			of[s.thing] = append(of[s.thing], claim{s, w.translate(t, s)})
			described[s.thing] = described[s.thing] || s.described
		}
	}
	for key, told := range of {
		if t.Name == "identities" {
			told = withoutFormer(told)
		}
		r := rowOf(t, key, told)
		r["is_described"] = described[key]
		if t.Name == "accounts" {
			r["identity_key"] = nil
			for _, o := range w.owners {
				if o.account == key {
					r["identity_key"] = o.identity
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// withoutFormer are the statements about a person, in which employments say nothing after which
// the same export lists another one.
func withoutFormer(told []claim) (out []claim) {
	for _, a := range told {
		former := false
		for _, b := range told {
			isOther := a.statement != b.statement && a.source == b.source && a.dataset == b.dataset && a.strength == "describes" && b.strength == "describes"
			former = former || isOther && isBefore(a, b) && !isBefore(b, a)
		}
		if former {
			a.values = nil
		}
		out = append(out, a)
	}
	return out
}

// isBefore tells whether an employment was over when another one began.
func isBefore(a, b claim) bool {
	if a.values["end_on"] != nil && b.values["start_on"] != nil {
		return a.values["end_on"].(string) <= b.values["start_on"].(string)
	}
	hasEnded := func(c claim) bool { return c.values["status"] == "terminated" || c.values["end_on"] != nil }
	return hasEnded(a) && !hasEnded(b)
}

func (w *world) grants(t *schemas.Table) (out []row) {
	type edge struct{ principalKind, principal, targetKind, target, privilege any }
	of := map[edge][]claim{}
	for _, s := range w.edges {
		if s.table != t.Name {
			continue
		}
		v := w.translate(t, s)
		if v["principal_key"] == nil || v["target_key"] == nil {
			continue
		}
		e := edge{v["principal_kind"], v["principal_key"], v["target_kind"], v["target_key"], fold(v["privilege"])}
		of[e] = append(of[e], claim{s, v})
	}
	for _, told := range of {
		r := rowOf(t, "", told)
		delete(r, "grant_key")
		out = append(out, r)
	}
	return out
}

func (w *world) relations(t *schemas.Table) (out []row) {
	type relation struct{ identity, account, relation string }
	sources := map[relation]map[string]bool{}
	say := func(identity, account, word, source string) {
		r := relation{identity, account, word}
		if identity == "" || account == "" {
			return
		}
		if sources[r] == nil {
			sources[r] = map[string]bool{}
		}
		sources[r][source] = true
	}
	for _, s := range w.edges {
		if s.table == t.Name {
			word, ok := s.values["relation"].(string)
			if !ok {
				word = "is"
			}
			say(w.thingOf("identities", s.values["identity_key"]), w.thingOf("accounts", s.values["account_key"]), word, s.source)
		}
	}
	for _, s := range w.statements {
		if s.table == "accounts" && s.values["identity_key"] != nil {
			say(w.thingOf("identities", s.values["identity_key"]), s.thing, "is", s.source)
		}
	}
	for _, s := range w.statements {
		attributes, _ := s.values["attributes"].(map[string]any)
		number, _ := attributes["employee_id"].(string)
		if number = strings.Trim(number, " "); s.table != "accounts" || s.dataset != hidesOwners || number == "" {
			continue
		}
		for _, i := range w.statements {
			if i.table == "identities" && i.source == s.source && i.part == number {
				say(i.thing, s.thing, "is", s.source)
			}
		}
	}
	add := func(r relation, rule string, evidence any, confidence float64) {
		list := []any{}
		for _, s := range slices.Sorted(maps.Keys(sources[r])) {
			list = append(list, s)
		}
		out = append(out, row{"identity_key": r.identity, "account_key": r.account, "relation": r.relation, "rule": rule, "evidence": evidence, "confidence": confidence,
			"sources": list, "source_count": float64(len(list)), "disagreements": nil})
	}
	for _, o := range w.owners {
		add(relation{o.identity, o.account, "is"}, o.rule, o.evidence, 0.5)
	}
	for r := range sources {
		if r.relation == "owns" {
			add(r, "vendor", nil, 1)
		}
	}
	return out
}
