// Package find finds things of a finished file by what people call them, and their names by
// their keys. It guesses nothing: a text that fits several things is told with all of them.
package find

import (
	"context"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
)

// Found is what a text may mean: one thing, or several among which nobody but who asks can
// choose, or none, with those whose names are alike.
type Found struct {
	Things  []Thing
	Near    []Thing
	Renamed string // the key that a key of old times has now
}

const mostNear = 8

var (
	byAddress = database.Parse(`t.email = lower(trim({{.text}})) or t.identity_key in (select identity_key from meta.addresses where email = lower(trim({{.text}})))`)
	byID      = database.Parse(`t.{{.key}} in (select l.key from meta.links l where l.kind = {{.kind}} and ends_with(lower(l.statement_key), {{.mark}} || lower(trim({{.text}}))))`)
	byText    = database.Parse(`list_contains({{.texts}}, {{.text}})`)
	bySpelled = database.Parse(`list_contains(list_transform({{.texts}}, lambda x: lower(x)), lower({{.text}}))`)
	likeness  = database.Parse(`list_max(list_transform({{.texts}}, lambda x: jaro_winkler_similarity(lower(x), lower({{.text}}))))`)
	nearOf    = database.Parse(`{{.where}} and {{.like}} >= 0.8`)
	newKeyOf  = database.Parse(`select new_key from meta.key_changes where old_key = {{.text}} order by run_id desc limit 1`)
)

// People finds whom a text means: by key, else by address, else by name, login or employee
// number as they are written, else by these in another case, else by the id of a vendor.
//
// Errors: what DuckDB says.
func People(ctx context.Context, f *read.File, text string) (*Found, error) {
	texts := kinds["identity"].texts
	v := database.Values{"text": text, "texts": texts}
	for _, condition := range []database.SQL{"t.identity_key = " + database.Text(text), byAddress.Fill(v), byText.Fill(v), bySpelled.Fill(v), idOf("identity", text)} {
		found, err := things(ctx, f, "identity", condition, "")
		if err != nil || len(found) > 0 {
			return &Found{Things: found}, err
		}
	}
	out := &Found{}
	var err error
	if out.Renamed, err = renamed(ctx, f, text); err != nil {
		return nil, err
	}
	v["texts"] = database.SQL("[t.display_name, t.username, t.email]")
	out.Near, err = near(ctx, f, "identity", likeness.Fill(v), "true")
	out.Near = out.Near[:min(len(out.Near), mostNear)]
	return out, err
}

const former database.SQL = `(select h.* from history.identities h anti join main.identities i on i.identity_key = h.identity_key
    qualify row_number() over (partition by h.identity_key order by h._valid_to desc) = 1)`

// Former finds whom a text means among those who are in the file no longer, by key, address,
// name, login or employee number, in any case.
//
// Errors: what DuckDB says.
func Former(ctx context.Context, f *read.File, text string) ([]Thing, error) {
	condition := bySpelled.Fill(database.Values{"text": text, "texts": database.SQL("[t.identity_key, t.email, t.display_name, t.username, t.employee_number]")})
	return thingsIn(ctx, f, "identity", former, condition, "")
}

// Targets finds what a text means: the thing that has this key, else what is called so in an
// application. The text is then APPLICATION:NAME, where APPLICATION is the name, product,
// instance or key of one, in any case, or NAME alone, for all applications, what is in them
// and what is in none. Names as they are written come first, then those in another case. As names may have
// colons, each colon may be the one that is meant.
//
// Errors: what DuckDB says.
func Targets(ctx context.Context, f *read.File, text string) (*Found, error) {
	out := &Found{}
	for _, kind := range granted {
		found, err := things(ctx, f, kind, "t."+database.Ident(kind+"_key")+" = "+database.Text(text), "")
		if err != nil || len(found) > 0 {
			out.Things = found
			return out, err
		}
	}
	places, err := placesOf(ctx, f, text)
	if err != nil {
		return nil, err
	}
	for _, by := range []*database.Template{byText, bySpelled} {
		for _, p := range places {
			for _, kind := range granted {
				if kind == "application" && !p.everywhere { // no application is in another
					continue
				}
				found, err := things(ctx, f, kind, p.condition+" and "+by.Fill(database.Values{"text": p.name, "texts": kinds[kind].texts}), "")
				if err != nil {
					return nil, err
				}
				for _, t := range found { // by another colon it may be found again
					if !slices.ContainsFunc(out.Things, func(o Thing) bool { return o.Key == t.Key }) {
						out.Things = append(out.Things, t)
					}
				}
			}
		}
		if len(out.Things) > 0 {
			return out, nil
		}
	}
	if out.Renamed, err = renamed(ctx, f, text); err != nil {
		return nil, err
	}
	out.Near, err = nearTargets(ctx, f, text, places)
	return out, err
}

// nearTargets are what is called so in other applications, and what is called alike where the
// text looks for it.
func nearTargets(ctx context.Context, f *read.File, text string, places []place) (out []Thing, err error) {
	add := func(found []Thing) {
		for _, t := range found {
			if !slices.ContainsFunc(out, func(o Thing) bool { return o.Key == t.Key }) {
				out = append(out, t)
			}
		}
	}
	for _, p := range places {
		for _, kind := range granted[1:] {
			v := database.Values{"text": p.name, "texts": kinds[kind].texts}
			found, err := near(ctx, f, kind, likeness.Fill(v), p.condition)
			if err != nil {
				return nil, err
			}
			add(found)
			if found, err = things(ctx, f, kind, bySpelled.Fill(v), ""); err != nil {
				return nil, err
			}
			add(found)
		}
	}
	if application, name, ok := strings.Cut(text, ":"); ok && places[0].everywhere {
		found, err := near(ctx, f, "application", likeness.Fill(database.Values{"text": application, "texts": kinds["application"].texts}), "true")
		if err != nil {
			return nil, err
		}
		add(found)
		for _, kind := range granted[1:] {
			if found, err = near(ctx, f, kind, likeness.Fill(database.Values{"text": name, "texts": kinds[kind].texts}), "true"); err != nil {
				return nil, err
			}
			add(found)
		}
	}
	return out[:min(len(out), 3*mostNear)], nil
}

// idOf is a condition that a vendor has an id for the thing, of which a statement is made.
func idOf(kind, text string) database.SQL {
	table := map[string]string{"identity": "identities", "application": "applications"}[kind]
	return byID.Fill(database.Values{"key": database.Ident(kind + "_key"), "kind": table, "mark": ":" + kind + ":", "text": text})
}

// Application finds which application a text means, as [Applications] does, else by the id of
// a vendor.
//
// Errors: what DuckDB says.
func Application(ctx context.Context, f *read.File, text string) (*Found, error) {
	found, err := Applications(ctx, f, text)
	if err == nil && len(found) == 0 {
		found, err = things(ctx, f, "application", idOf("application", text), "")
	}
	if err != nil || len(found) > 0 {
		return &Found{Things: found}, err
	}
	out := &Found{}
	if out.Renamed, err = renamed(ctx, f, text); err != nil {
		return nil, err
	}
	out.Near, err = near(ctx, f, "application", likeness.Fill(database.Values{"text": text, "texts": kinds["application"].texts}), "true")
	out.Near = out.Near[:min(len(out.Near), mostNear)]
	return out, err
}

// Applications finds what a text means as an application: by key, name, product or instance,
// in any case.
//
// Errors: what DuckDB says.
func Applications(ctx context.Context, f *read.File, text string) ([]Thing, error) {
	v := database.Values{"text": text, "texts": database.SQL("[t.application_key, t.name, t.app, t.instance]")}
	return things(ctx, f, "application", bySpelled.Fill(v), "")
}

// place is a way to read a text: a name, and where it is looked for.
type place struct {
	name       string
	condition  database.SQL
	everywhere bool // no application is named
}

// placesOf are the ways to read a text as APPLICATION:NAME; where no application is called
// so, it is a name alone.
func placesOf(ctx context.Context, f *read.File, text string) (out []place, err error) {
	for at := range text {
		if text[at] != ':' {
			continue
		}
		application, name := strings.TrimSpace(text[:at]), strings.TrimSpace(text[at+1:])
		if application == "" || name == "" {
			continue
		}
		found, err := Applications(ctx, f, application)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			keys := make([]database.SQL, len(found))
			for i, t := range found {
				keys[i] = database.Text(t.Key)
			}
			out = append(out, place{name: name, condition: "t.application_key in (" + database.Join(keys, ", ") + ")"})
		}
	}
	if out == nil {
		out = []place{{strings.TrimPrefix(text, ":"), "true", true}}
	}
	return out, nil
}

// near are the things of a kind whose names are most like a text, the likest first.
func near(ctx context.Context, f *read.File, kind string, like, where database.SQL) ([]Thing, error) {
	return things(ctx, f, kind, nearOf.Fill(database.Values{"where": where, "like": like}), like+" desc, ")
}

func renamed(ctx context.Context, f *read.File, key string) (now string, err error) {
	err = f.Each(ctx, string(newKeyOf.Fill(database.Values{"text": key})), func(row []read.Value) { now = row[0].Text })
	return now, err
}
