package vendorsim

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const (
	seconds = "2006-01-02T15:04:05Z"
	millis  = "2006-01-02T15:04:05.000Z"
)

// sailpointExport is what SailPoint delivers of one generation: tables, and
// the objects that its endpoints list.
type sailpointExport struct {
	*set
	sessions   []object
	summaries  []object // part: session
	details    []object // part: session
	identities []object // part: potential role
	popularity []object // part: potential role
	insights   []object
	changes    []object // part: insight
	config     []object // part: object type
	roles      []string // ids of potential roles
	people     int
	tenant     string
	exportedAt string
}

// object is a JSON record of SailPoint.
type object struct {
	key  string
	part string // session, potential role or insight it belongs to
	json json.RawMessage
}

func ptr[T any](v T) *T { return &v }

func (p *person) spRef() spRef       { return spRef{"IDENTITY", p.sailpointID, p.name()} }
func (p *person) spPerson() spPerson { return spPerson{p.sailpointID, p.name()} }

// newSailpointExport writes the company down as SailPoint knows it today.
func newSailpointExport(c *company) *sailpointExport {
	s := &sailpointExport{set: newSet("sailpoint"), tenant: "example-inc", exportedAt: stamp(c.today, seconds), people: c.cfg.People}
	c.sailpointMining(s)
	c.sailpointInsights(s)
	c.sailpointConfig(s)
	for _, listed := range []struct {
		dataset string
		objects []object
	}{
		{"role_mining_sessions", s.sessions}, {"potential_roles", s.summaries},
		{"config_objects", s.config}, {"role_insights", s.insights},
	} {
		t := s.table(listed.dataset, column{name: "json", kind: document})
		for _, o := range listed.objects {
			t.add(o.key, string(o.json)).part = o.part
		}
	}
	return s
}

func (c *company) sailpointMining(s *sailpointExport) {
	byRole := s.table("potential_role_identities", plain("identityId name firstName jobTitle department location email")...)
	entitled := s.table("potential_role_entitlements", plain("entitlementId entitlementName entitlementDescription attribute applicationName sourceId identityCount popularity popularityInOrg activitySourceState sourceUsagePercent")...)
	found := map[*miningSession]int{}
	for _, r := range c.potentialRoles {
		found[r.session]++
	}
	for _, m := range c.sessions {
		s.sessions = append(s.sessions, object{key: m.id, json: compactJSON(c.spSession(m, found[m]))})
	}
	for _, r := range c.potentialRoles {
		s.roles = append(s.roles, r.id)
		summary := c.spSummary(r)
		s.summaries = append(s.summaries, object{r.id, r.session.id, compactJSON(summary)})
		s.details = append(s.details, object{r.id, r.session.id, compactJSON(c.spDetail(r, summary))})
		for _, p := range r.members {
			attributes := map[string]string{"firstName": p.first, "jobTitle": p.title, "department": p.department, "location": p.location, "email": p.email}
			s.identities = append(s.identities, object{r.id + "/" + p.sailpointID, r.id, compactJSON(spIdentity{p.sailpointID, p.name(), attributes})})
			byRole.add(r.id+"/"+p.sailpointID, p.sailpointID, p.name(), p.first, p.title, p.department, p.location, p.email).part = r.id
		}
		for _, e := range r.entitlements {
			pop := spPop(e)
			key := r.id + "/" + e.group.entitleID
			s.popularity = append(s.popularity, object{key, r.id, compactJSON(pop)})
			entitled.add(key, pop.Ref.ID, pop.Name, *pop.Ref.Description, pop.Ref.Attribute, pop.ApplicationName, pop.SourceID, strconv.Itoa(pop.IdentityCount),
				decimal(pop.Popularity), decimal(pop.PopularityInOrg), *pop.ActivityState, decimal(*pop.UsagePercent)).part = r.id
		}
	}
}

func plain(words string) []column {
	var out []column
	for w := range strings.FieldsSeq(words) {
		out = append(out, column{name: w})
	}
	return out
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func (c *company) spScope(m *miningSession) spScope {
	sc := spScope{IdentityIDs: []string{}}
	switch m {
	case c.sessions[0]:
		sc.Criteria = ptr(`source.name:"HR"`)
	case c.sessions[1]: // the example's form, against its own schema: one object
		sc.Attributes = map[string]any{"displayName": map[string]string{"untranslated": "Location: Lisbon"}, "data": map[string]any{"name": "location", "operator": "EQUALS", "values": []string{"Lisbon"}}}
	}
	return sc
}

func (m *miningSession) state() string {
	if m.finished {
		return "POTENTIAL_ROLES_CREATED"
	}
	return "POTENTIAL_ROLES_PROCESSING"
}

func (m *miningSession) nameOrNull() *string {
	if m.name == "" {
		return nil
	}
	return &m.name
}

func (c *company) spSession(m *miningSession, found int) spSession {
	var by any = m.creator.spPerson()
	if m.kind == "COMMON" {
		by = "system" // the other form that the schema allows
	}
	return spSession{
		Scope: c.spScope(m), MinIdentities: ptr(10), ScopingMethod: "AUTO_RM", Prescribed: ptr(50), Prune: ptr(50), RoleCount: found, RolesReady: found,
		Status: spState{m.state()}, CreatedBy: by, IdentityCount: c.cfg.People, Saved: m.saved, Name: m.nameOrNull(), ID: m.id,
		CreatedDate: stamp(m.created, millis), ModifiedDate: stamp(m.created.Add(time.Hour), millis), Type: m.kind,
	}
}

func (c *company) spSummary(r *potentialRole) spSummary {
	m := r.session
	out := spSummary{
		ID: r.id, Name: r.name, Ref: spRef{ID: r.id, Name: r.name}, IdentityCount: len(r.members), EntitlementCount: len(r.entitlements),
		IdentityGroupStatus: "OBTAINED", ProvisionState: "POTENTIAL", Density: 75, Freshness: r.freshness, Quality: r.quality, Type: m.kind,
		CreatedBy: m.creator.spPerson(), CreatedDate: stamp(m.created, millis), Saved: r.saved,
		Session: spSessionRef{ID: m.id, Name: m.nameOrNull(), MinIdentities: ptr(10), Prune: ptr(50), Saved: m.saved, Scope: c.spScope(m), Type: m.kind, State: m.state(), ScopingMethod: "AUTO_RM"},
	}
	if r.saved {
		out.Description = ptr("Kept for a closer look")
	}
	return out
}

func (c *company) spDetail(r *potentialRole, summary spSummary) spDetail {
	d := spDetail{spSummary: summary, Excluded: []string{}, ModifiedDate: stamp(r.modified, millis), IdentityIDs: []string{}}
	for _, p := range r.members {
		d.IdentityIDs = append(d.IdentityIDs, p.sailpointID)
	}
	if len(r.members) > 0 {
		d.Distribution = []spDistribution{{"department", []spCount{{ptr(r.members[0].department), len(r.members)}}}}
	}
	return d
}

func spPop(e minedEntitlement) spPopularity {
	g := e.group
	return spPopularity{
		Ref:  spEntitlementRef{g.entitleID, g.app.slug + "." + g.name, ptr(g.name + " in " + g.app.name), "groups"},
		Name: g.name, ApplicationName: g.app.name, IdentityCount: e.count, Popularity: e.popularity, PopularityInOrg: e.popularityInOrg,
		SourceID: g.app.sourceID, ActivityState: ptr("complete"), UsagePercent: ptr(e.usage),
	}
}

func (c *company) sailpointInsights(s *sailpointExport) {
	t := s.table("entitlement_changes", plain("name id description attribute value source type identitiesWithAccess identitiesImpacted totalNumberOfIdentities impactedIdentityNames")...)
	for _, in := range c.insights {
		r := in.role
		row := spInsight{
			ID: in.id, NumberOfUpdates: len(in.changes), CreatedDate: stamp(in.created, millis),
			Role:    spRoleInfo{r.name, r.id, r.description, r.owner.name(), r.owner.sailpointID},
			Insight: in.changes[0].advice(),
		}
		if !in.modified.IsZero() {
			row.ModifiedDate = ptr(stamp(in.modified, millis))
		}
		row.Insight.Names = nil
		s.insights = append(s.insights, object{key: in.id, json: compactJSON(row)})
		for _, ch := range in.changes {
			a, g, key := ch.advice(), ch.group, in.id+"/"+ch.group.entitleID
			s.changes = append(s.changes, object{key, in.id, compactJSON(spChange{g.name, g.entitleID, nil, "groups", g.id, g.app.name, a})})
			t.add(key, g.name, g.entitleID, "", "groups", g.id, g.app.name, a.Type, strconv.Itoa(a.With), strconv.Itoa(a.Impacted), strconv.Itoa(a.Total), *a.Names).part = in.id
		}
	}
}

func (ch entitlementChange) advice() spAdvice {
	return spAdvice{"ADD", ch.with, ch.impacted, ch.total, ptr(strings.Join(ch.names, ", "))}
}

func listJSON(objects []object) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, o := range objects {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(o.json)
	}
	b.WriteByte(']')
	return b.Bytes()
}
