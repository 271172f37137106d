package sod

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/accessmart/accessmart/schemas"
)

// Read reads a rules file: YAML in UTF-8 with the one key rules, a list. All mistakes are
// told at once, joined, each with its line; a rule that has one is not among those that are
// returned. A file without the key is an error: one that was cut off would drop all rules.
func Read(in io.Reader) ([]Rule, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("rules file: %w", err)
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return nil, fmt.Errorf("rules file: %s", strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("rules file: want one YAML document with the key rules; 'rules: []' says that there are none")
	}
	body, err := schemas.ExpandAnchors(file.Docs[0].Body)
	if err != nil {
		return nil, fmt.Errorf("rules file: %w", err)
	}
	var r reader
	rules := r.file(body)
	return rules, errors.Join(r.errs...)
}

// reader gathers the mistakes.
type reader struct{ errs []error }

func (r *reader) wrong(line int, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("rules file, line %d: %s", line, fmt.Sprintf(format, args...)))
}

// lineOf is the line on which a node begins.
func lineOf(n ast.Node) int {
	if pairs := schemas.Entries(n); len(pairs) > 0 {
		return pairs[0].Key.GetToken().Position.Line // the token of a mapping is its first colon
	}
	return n.GetToken().Position.Line
}

func (r *reader) file(body ast.Node) (rules []Rule) {
	found := false
	for _, v := range schemas.Entries(body) {
		if key := v.Key.GetToken().Value; key != "rules" {
			r.wrong(lineOf(v), "%q is no key of a rules file; its only key is rules", key)
			continue
		}
		found = true
		lines := map[string]int{}
		for _, n := range r.list(v.Value, "rules") {
			before := len(r.errs)
			rule := r.rule(n)
			folded := strings.ToLower(rule.Name)
			if had, twice := lines[folded]; twice && rule.Name != "" {
				r.wrong(rule.Line, "the rule on line %d has the name %q too; names tell rules apart", had, rule.Name)
			}
			lines[folded] = rule.Line
			if len(r.errs) == before {
				rules = append(rules, rule)
			}
		}
	}
	if !found {
		r.wrong(lineOf(body), "no key rules; 'rules: []' says that there are none")
	}
	return rules
}

func (r *reader) list(n ast.Node, what string) []ast.Node {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrong(lineOf(n), "%s: want a list", what)
		return nil
	}
	return list.Values
}

// ruleKeys and patternKeys are what a rule and a pattern may have.
var (
	ruleKeys    = []string{"name", "description", "owner", "left", "right", "mitigation", "mitigation_until", "until"}
	patternKeys = []string{"application", "kind", "name", "key"}
	kinds       = []string{"entitlement", "role", "group"}
)

func (r *reader) rule(n ast.Node) (rule Rule) {
	rule.Line = lineOf(n)
	if schemas.Entries(n) == nil {
		r.wrong(rule.Line, "want a rule with the keys %s", strings.Join(ruleKeys, ", "))
		return rule
	}
	for _, v := range schemas.Entries(n) {
		switch key := v.Key.GetToken().Value; key {
		case "name":
			rule.Name = r.text(v)
		case "description":
			rule.Description = r.text(v)
		case "owner":
			rule.Owner = r.text(v)
		case "mitigation":
			rule.Mitigation = r.text(v)
		case "mitigation_until":
			rule.MitigationUntil = r.day(v)
		case "until":
			rule.Until = r.day(v)
		case "left":
			rule.Left = r.patterns(v)
		case "right":
			rule.Right = r.patterns(v)
		default:
			r.wrong(lineOf(v), "%q is no key of a rule; want one of %s", key, strings.Join(ruleKeys, ", "))
		}
	}
	has := func(key string) bool {
		return slices.ContainsFunc(schemas.Entries(n), func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == key })
	}
	for _, key := range []string{"name", "left", "right"} {
		if !has(key) {
			r.wrong(rule.Line, "the rule has no %s", key)
		}
	}
	if has("mitigation_until") && !has("mitigation") {
		r.wrong(rule.Line, "mitigation_until without mitigation: say what is done about those who break the rule")
	}
	for _, left := range rule.Left {
		for _, right := range rule.Right {
			if left.same(right) {
				r.wrong(right.Line, "both sides have this pattern, on line %d too: who has what it names would break the rule by that alone", left.Line)
			}
		}
	}
	return rule
}

func (p Pattern) same(q Pattern) bool {
	p.Line = q.Line
	return strings.EqualFold(p.String(), q.String()) && p.Key == q.Key
}

func (r *reader) patterns(v *ast.MappingValueNode) (out []Pattern) {
	side := v.Key.GetToken().Value
	list := r.list(v.Value, side)
	if _, ok := v.Value.(*ast.SequenceNode); ok && len(list) == 0 {
		r.wrong(lineOf(v), "%s: the list is empty; a side that names nothing is broken by nobody", side)
	}
	for _, n := range list {
		out = append(out, r.pattern(n))
	}
	return out
}

// aTarget is the form of the key of what a pattern can name.
var aTarget = regexp.MustCompile(`^(entitlement|role|group):[a-z0-9]{16}$`)

func (r *reader) pattern(n ast.Node) (p Pattern) {
	p.Line = lineOf(n)
	pairs := schemas.Entries(n)
	if pairs == nil {
		r.wrong(p.Line, "want a pattern with the keys %s, such as {application: GitHub, kind: group, name: \"prod-*\"}", strings.Join(patternKeys, ", "))
		return p
	}
	for _, v := range pairs {
		switch key := v.Key.GetToken().Value; key {
		case "application":
			p.Application = r.text(v)
		case "kind":
			if p.Kind = r.text(v); p.Kind != "" && !slices.Contains(kinds, p.Kind) {
				r.wrong(lineOf(v), "kind: %q is none of %s", p.Kind, strings.Join(kinds, ", "))
			}
		case "name":
			p.Name = r.text(v)
		case "key":
			if p.Key = r.text(v); p.Key != "" && !aTarget.MatchString(p.Key) {
				r.wrong(lineOf(v), "key: want the key of an entitlement, role or group in main, such as entitlement:7f3k9q2mx4b5c6d7; a name is for the key name")
			}
		default:
			r.wrong(lineOf(v), "%q is no key of a pattern; want one of %s", key, strings.Join(patternKeys, ", "))
		}
	}
	switch {
	case p.Name == "" && p.Key == "":
		r.wrong(p.Line, "the pattern has neither name nor key; name: \"*\" means all")
	case p.Key != "" && (p.Name != "" || p.Kind != "" || p.Application != ""):
		r.wrong(p.Line, "a key names one thing; leave out name, kind and application")
	}
	return p
}

// text is the text of a pair. One that is empty or something else is told, and is "".
func (r *reader) text(v *ast.MappingValueNode) string {
	text := ""
	switch n := v.Value.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		text = n.GetToken().Value // as it is written
	case *ast.NullNode:
	default:
		r.wrong(lineOf(v), "%s: want a text; one with special characters needs quotes", v.Key.GetToken().Value)
		return ""
	}
	if text = strings.TrimSpace(text); text == "" {
		r.wrong(lineOf(v), "%s: it is empty; leave the key out or give it a text", v.Key.GetToken().Value)
	}
	return text
}

func (r *reader) day(v *ast.MappingValueNode) time.Time {
	before := len(r.errs)
	text := r.text(v)
	day, err := time.Parse(time.DateOnly, text)
	if err != nil && len(r.errs) == before {
		r.wrong(lineOf(v), "%s: %q is no day; want one such as 2026-12-31", v.Key.GetToken().Value, text)
	}
	return day
}
