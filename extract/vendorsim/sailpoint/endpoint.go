package sailpoint

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
)

// endpoint is a list that a GET of its path answers.
type endpoint struct {
	path    string // without version; {id} stands for the record that the list is of
	dataset string // that it delivers, less the vendor
	grammar grammar
	most    int // records of a page; 0 means 250

	also string // list that has further records of it, which no other path delivers
	of   string // dataset that has that record
	fact string // what its id is called in the name of a file
	// narrow drops what the parameters of a request leave out; nil drops nothing.
	narrow func(c *api.Call, list []object) []object
	// answer is for an endpoint that is no GET of a list; nil for one that is.
	answer func(sv *API, c *api.Call, e *endpoint) *api.Answer
}

// endpoints are the lists, but for those of role mining and role insights.
var endpoints = []endpoint{
	{path: "identities", dataset: "identities", grammar: grammar{"id:eq name:eq,sw alias:eq,sw email:eq,sw correlated:eq", "name alias cloudStatus"}, also: "uncorrelated_identities", narrow: correlated},
	{path: "public-identities", dataset: "public_identities", grammar: grammar{"id:eq alias:eq,sw email:eq,sw", "name"}, also: uncorrelatedPublic, narrow: core},
	{path: "accounts", dataset: "accounts", grammar: grammar{"id:eq,sw identityId:eq,sw name:eq,sw nativeIdentity:eq,sw sourceId:eq,sw uncorrelated:eq", "id name created modified sourceId identityId nativeIdentity uuid"}},
	{path: "entitlements", dataset: "entitlements", grammar: grammar{"id:eq type:eq attribute:eq source.id:eq name:eq,sw value:eq,sw requestable:eq", "id name created modified type attribute value source.id requestable"}, narrow: privileges},
	{path: "access-profiles", dataset: "access_profiles", grammar: grammar{"id:eq source.id:eq name:eq,sw requestable:eq", "name created modified"}},
	{path: "roles", dataset: "roles", grammar: grammar{"id:eq name:eq,sw requestable:eq dimensional:eq", "name created modified"}, most: 50},
	{path: "roles/{id}/assigned-identities", dataset: "role_assignments", grammar: grammar{"id:eq aliasName:eq,sw email:eq,sw name:eq,sw,co", "id name aliasName email"}, of: "roles", fact: "role_id"},
	{path: "roles/{id}/dimensions", dataset: "role_dimensions", grammar: grammar{"id:eq name:eq,sw", "name created modified"}, most: 50, of: "roles", fact: "role_id"},
	{path: "machine-identities", dataset: "machine_identities", grammar: grammar{"id:eq name:eq,sw", ""}},
	{path: "source-apps", dataset: "source_apps", grammar: grammar{"id:eq name:eq,sw", "id name created modified owner.id accountSource.id"}},
	{path: "search", dataset: "search_identities", grammar: grammar{"", "id name displayName"}, answer: (*API).search},
	{path: "sources", dataset: "sources", grammar: grammar{"id:eq name:eq,sw type:eq,sw authoritative:eq", "type created modified name healthy status id description authoritative connectorName connectionType"}},
}

// endpointOf is the endpoint of a path, and the id in it; nil where there is none.
func endpointOf(seg []string) (*endpoint, string) {
	for i := range endpoints {
		id := ""
		if slices.EqualFunc(strings.Split(endpoints[i].path, "/"), seg, func(want, got string) bool {
			if want == "{id}" {
				id = got
			}
			return want == "{id}" || want == got
		}) {
			return &endpoints[i], id
		}
	}
	return nil, ""
}

// list answers for an endpoint.
func (sv *API) list(c *api.Call, e *endpoint, parent string) *api.Answer {
	if e.answer != nil {
		return e.answer(sv, c, e)
	}
	if c.Method != http.MethodGet {
		return notAllowed()
	}
	list := slices.Concat(sv.Now.lists[e.dataset], sv.Now.lists[e.also])
	if e.of != "" {
		if find(sv.Now.lists[e.of], parent) == nil {
			return missing()
		}
		list = only(list, parent)
	}
	if e.narrow != nil {
		list = e.narrow(c, list)
	}
	most := e.most
	if most == 0 {
		most = 250
	}
	after := c.URL.Query().Get("searchAfter")
	if after != "" {
		if !newest(c) {
			return Bad("searchAfter is not supported.")
		}
		list = slices.DeleteFunc(slices.Clone(list), func(o object) bool { return field(o, c.URL.Query().Get("sorters")) <= after })
	}
	return sv.pageOf(c, e.grammar, most, list)
}

// search answers a POST that asks an index for all that it has, in an order by
// one member. Only that of identities is there.
func (sv *API) search(c *api.Call, e *endpoint) *api.Answer {
	if c.Method != http.MethodPost {
		return notAllowed()
	}
	var q struct {
		Indices []string
		Query   struct{ Query string }
		Sort    []string
		After   []string `json:"searchAfter"`
	}
	if json.Unmarshal(c.Body, &q) != nil || !slices.Equal(q.Indices, []string{"identities"}) || q.Query.Query != "*" || len(q.Sort) > 1 {
		return Bad("The query is not one of those that are answered here.")
	}
	list := sv.Now.lists[e.dataset]
	if len(q.Sort) > 0 {
		var err error
		if list, err = e.grammar.apply(list, "", q.Sort[0]); err != nil {
			return Bad(err.Error())
		}
	}
	if len(q.After) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(o object) bool { return field(o, q.Sort[0]) <= q.After[0] })
	}
	return sv.pageOf(c, e.grammar, 10_000, list)
}

// newest: the call is to a version that has privilege levels and searchAfter.
func newest(c *api.Call) bool {
	seg := strings.Split(strings.Trim(c.URL.Path, "/"), "/")
	return seg[0] == "v2026" || len(seg) > 1 && seg[1] == "v1"
}

// correlated leaves out identities that no authoritative source has, as the list does
// unless it is asked for all.
func correlated(c *api.Call, list []object) []object {
	if c.URL.Query().Get("defaultFilter") == "NONE" {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(o object) bool { return o.uncorrelated })
}

// core leaves out what the core filters do, of what is there: uncorrelated identities, and
// those without an address.
func core(c *api.Call, list []object) []object {
	if c.URL.Query().Get("add-core-filters") != "true" {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(o object) bool { return o.uncorrelated || field(o, "email") == "" })
}

// privileges gives entitlements the members that the version of the call has.
func privileges(c *api.Call, list []object) []object {
	out := make([]object, len(list))
	for i, o := range list {
		var e map[string]any
		json.Unmarshal(o.json, &e)
		if newest(c) {
			level := "NONE"
			if e["privileged"] == true {
				level = "HIGH"
			}
			delete(e, "privileged")
			delete(e, "additionalOwners")
			e["privilegeLevel"] = map[string]any{"direct": level, "setBy": nil, "setByType": nil, "inherited": nil, "effective": level}
			e["tags"] = []any{}
		}
		o.json, _ = json.Marshal(e)
		out[i] = o
	}
	return out
}
