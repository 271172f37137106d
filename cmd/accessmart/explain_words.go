package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/explain"
	"github.com/accessmart/accessmart/load/find"
)

// verdict is the answer in one sentence.
func verdict(a *explain.Answer) string {
	who, what := called(a.Person), fmt.Sprintf("%s, %s%s", visible(a.Target.Name), article(a.Target.Kind), placeOrNothing(a.Target))
	switch {
	case a.Inside != nil:
		whole := "There is no path to the application as a whole."
		if a.Has() {
			whole = "There is a path to the application as a whole:"
		} else if len(a.Paths) > 0 {
			whole = "The application as a whole is denied:"
		}
		return fmt.Sprintf("In %s %s has %s. %s", visible(a.Target.Name), who, inWords(a.Inside), whole)
	case a.Has():
		return fmt.Sprintf("%s has %s.", who, what)
	case len(a.Paths) > 0:
		return fmt.Sprintf("%s is denied %s.", who, what)
	}
	return fmt.Sprintf("There is no path from %s to %s.", who, what)
}

// inWords says what somebody has in an application.
func inWords(r *explain.Reach) string {
	accounts, reached := "no account", []string{}
	if r.Accounts > 0 {
		accounts = count(int(r.Accounts), "account")
	}
	for _, n := range []struct {
		many int64
		what string
	}{{r.Entitlements, "entitlement"}, {r.Roles, "role"}, {r.Groups, "group"}, {r.Resources, "resource"}} {
		if n.many > 0 {
			reached = append(reached, count(int(n.many), n.what))
		}
	}
	if len(reached) == 0 {
		return accounts + ", and reaches nothing"
	}
	return accounts + ", and reaches " + strings.Join(reached, ", ")
}

// basis says what the answer rests on, and what it cannot know.
func basis(a *explain.Answer) string {
	if len(a.Covers) == 0 {
		return fmt.Sprintf("As of %s. No export tells %s.", moment(a.AsOf), whatIsTold(a.Target))
	}
	var sources, odd []string
	for _, v := range a.Covers {
		if !slices.Contains(sources, v.Source) {
			sources = append(sources, v.Source)
		}
		what := ""
		switch {
		case v.Status != "loaded" && v.Status != "unchanged":
			what = "its newest export is " + v.Status
		case v.ConfirmedAt.Before(a.AsOf):
			what = "the last run did not ask for it"
		}
		if what != "" && v.ConfirmedAt.IsZero() {
			what += ", and no run confirmed all of its rows"
		} else if what != "" {
			what += ", and its rows are of " + moment(v.ConfirmedAt)
		}
		if v.IsFiltered {
			what = strings.TrimPrefix(what+"; it covers a selection only", "; ")
		}
		if v.Rejects > 0 {
			what = strings.TrimPrefix(fmt.Sprintf("%s; %d records or items of records are rejects: what they say is missing, or as an earlier export said ('accessmart rejects --dataset %s' lists them)", what, v.Rejects, v.Dataset), "; ")
		}
		if what != "" {
			odd = append(odd, fmt.Sprintf("%s of %s: %s.", v.Dataset, v.Source, what))
		}
	}
	text := fmt.Sprintf("As of %s. W%s is told by %s (%s; --format json lists them). What these leave out is not known.",
		moment(a.AsOf), strings.TrimPrefix(whatIsTold(a.Target), "w"), strings.Join(sources, ", "), count(len(a.Covers), "dataset"))
	return strings.Join(append([]string{text}, odd...), "\n")
}

func heading(p explain.Path) string {
	text := "without an account"
	if p.Account != nil {
		text = "as " + visible(p.Account.Name)
		if p.Account.Application != "" {
			text += " in " + visible(p.Account.Application)
		}
	}
	said := "privilege not told"
	if p.Privilege != nil {
		said = "privilege " + visible(*p.Privilege)
	}
	if p.Effect == "deny" {
		said = "denied, " + said
	}
	return text + ": " + said
}

// hopsOf is a line for each statement of each hop.
func hopsOf(hops []explain.Hop) *listing {
	l := &listing{columns: []string{"hop", "from", "to", "privilege", "source", "dataset", "artifact", "record", "first_seen", "last_confirmed"},
		order: []string{"hop", "from", "to", "privilege", "source", "last_confirmed", "dataset", "first_seen", "record"}, wrap: []string{"from", "to"}}
	for i, h := range hops {
		privilege := any(nil)
		switch {
		case h.Grant == "":
			privilege = "uses, by " + h.By
		case h.Privilege != nil:
			privilege = *h.Privilege
		}
		if h.Effect == "deny" {
			privilege = strings.TrimSpace("DENIED " + display(privilege))
		}
		if h.ExpiresAt != nil {
			privilege = strings.TrimSpace(display(privilege) + " until " + moment(*h.ExpiresAt))
		}
		for _, s := range h.Statements {
			l.add(i+1, named(h.From), named(h.To), privilege, s.Source, s.Dataset, short(s.Artifact), s.Record, moment(s.FirstSeen), moment(s.LastConfirmed))
		}
		if len(h.Statements) == 0 {
			l.add(i+1, named(h.From), named(h.To), privilege, strings.Join(h.Sources, ", "), nil, nil, nil, moment(h.FirstSeen), nil)
		}
	}
	return l
}

// shortArtifact is as much of the hash of an artifact as tells it apart; JSON has all of it.
const shortArtifact = 12

func short(artifact string) string { return artifact[:min(len(artifact), shortArtifact)] }

func named(t find.Thing) string { return t.Kind + " " + t.Name }

func called(t find.Thing) string {
	address, _, _ := strings.Cut(t.What, ", ")
	if strings.Contains(address, "@") && address != t.Name {
		return visible(t.Name + " (" + address + ")")
	}
	return visible(t.Name)
}

func article(kind string) string {
	if strings.ContainsAny(kind[:1], "aei") {
		return "an " + kind
	}
	return "a " + kind
}

// whatIsTold is what exports have to tell for an answer about a thing.
func whatIsTold(t find.Thing) string {
	if t.ApplicationKey == "" {
		return "who has which " + strings.TrimSuffix(t.Kind, "y") + "s that belong to no application"
	}
	return "who has what in " + visible(t.Application)
}

func placeOrNothing(t find.Thing) string {
	if t.ApplicationKey == "" || t.Kind == "application" {
		return ""
	}
	return " in " + visible(t.Application)
}

// moment is a time as people read it.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02T15:04:05Z")
}
