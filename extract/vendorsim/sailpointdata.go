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

func (p *Person) spRef() spRef       { return spRef{"IDENTITY", p.SailPointID, p.Name()} }
func (p *Person) spPerson() spPerson { return spPerson{p.SailPointID, p.Name()} }

// newSailpointExport writes the company down as SailPoint knows it today.
func newSailpointExport(c *Company) *sailpointExport {
	s := &sailpointExport{set: newSet("sailpoint"), tenant: "example-inc", exportedAt: stamp(c.Today, seconds), people: c.Plan.People}
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

func (c *Company) sailpointMining(s *sailpointExport) {
	byRole := s.table("potential_role_identities", plain("identityId name firstName jobTitle department location email")...)
	entitled := s.table("potential_role_entitlements", plain("entitlementId entitlementName entitlementDescription attribute applicationName sourceId identityCount popularity popularityInOrg activitySourceState sourceUsagePercent")...)
	found := map[*MiningSession]int{}
	for _, r := range c.PotentialRoles {
		found[r.Session]++
	}
	for _, m := range c.Sessions {
		s.sessions = append(s.sessions, object{key: m.ID, json: compactJSON(c.spSession(m, found[m]))})
	}
	for _, r := range c.PotentialRoles {
		s.roles = append(s.roles, r.ID)
		summary := c.spSummary(r)
		s.summaries = append(s.summaries, object{r.ID, r.Session.ID, compactJSON(summary)})
		s.details = append(s.details, object{r.ID, r.Session.ID, compactJSON(c.spDetail(r, summary))})
		for _, p := range r.Members {
			attributes := map[string]string{"firstName": p.First, "jobTitle": p.Title, "department": p.Department, "location": p.Location, "email": p.Email}
			s.identities = append(s.identities, object{r.ID + "/" + p.SailPointID, r.ID, compactJSON(spIdentity{p.SailPointID, p.Name(), attributes})})
			byRole.add(r.ID+"/"+p.SailPointID, p.SailPointID, p.Name(), p.First, p.Title, p.Department, p.Location, p.Email).part = r.ID
		}
		for _, e := range r.Entitlements {
			pop := spPop(e)
			key := r.ID + "/" + e.Group.EntitlementID
			s.popularity = append(s.popularity, object{key, r.ID, compactJSON(pop)})
			entitled.add(key, pop.Ref.ID, pop.Name, *pop.Ref.Description, pop.Ref.Attribute, pop.ApplicationName, pop.SourceID, strconv.Itoa(pop.IdentityCount),
				decimal(pop.Popularity), decimal(pop.PopularityInOrg), *pop.ActivityState, decimal(*pop.UsagePercent)).part = r.ID
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

func (c *Company) spScope(m *MiningSession) spScope {
	sc := spScope{IdentityIDs: []string{}}
	switch m {
	case c.Sessions[0]:
		sc.Criteria = ptr(`source.name:"HR"`)
	case c.Sessions[1]: // the example's form, against its own schema: one object
		sc.Attributes = map[string]any{"displayName": map[string]string{"untranslated": "Location: Lisbon"}, "data": map[string]any{"name": "location", "operator": "EQUALS", "values": []string{"Lisbon"}}}
	}
	return sc
}

func (m *MiningSession) state() string {
	if m.Finished {
		return "POTENTIAL_ROLES_CREATED"
	}
	return "POTENTIAL_ROLES_PROCESSING"
}

func (m *MiningSession) nameOrNull() *string {
	if m.Name == "" {
		return nil
	}
	return &m.Name
}

func (c *Company) spSession(m *MiningSession, found int) spSession {
	var by any = m.Creator.spPerson()
	if m.Kind == "COMMON" {
		by = "system" // the other form that the schema allows
	}
	return spSession{
		Scope: c.spScope(m), MinIdentities: ptr(10), ScopingMethod: "AUTO_RM", Prescribed: ptr(50), Prune: ptr(50), RoleCount: found, RolesReady: found,
		Status: spState{m.state()}, CreatedBy: by, IdentityCount: c.Plan.People, Saved: m.Saved, Name: m.nameOrNull(), ID: m.ID,
		CreatedDate: stamp(m.Created, millis), ModifiedDate: stamp(m.Created.Add(time.Hour), millis), Type: m.Kind,
	}
}

func (c *Company) spSummary(r *PotentialRole) spSummary {
	m := r.Session
	out := spSummary{
		ID: r.ID, Name: r.Name, Ref: spRef{ID: r.ID, Name: r.Name}, IdentityCount: len(r.Members), EntitlementCount: len(r.Entitlements),
		IdentityGroupStatus: "OBTAINED", ProvisionState: "POTENTIAL", Density: 75, Freshness: r.Freshness, Quality: r.Quality, Type: m.Kind,
		CreatedBy: m.Creator.spPerson(), CreatedDate: stamp(m.Created, millis), Saved: r.Saved,
		Session: spSessionRef{ID: m.ID, Name: m.nameOrNull(), MinIdentities: ptr(10), Prune: ptr(50), Saved: m.Saved, Scope: c.spScope(m), Type: m.Kind, State: m.state(), ScopingMethod: "AUTO_RM"},
	}
	if r.Saved {
		out.Description = ptr("Kept for a closer look")
	}
	return out
}

func (c *Company) spDetail(r *PotentialRole, summary spSummary) spDetail {
	d := spDetail{spSummary: summary, Excluded: []string{}, ModifiedDate: stamp(r.Modified, millis), IdentityIDs: []string{}}
	for _, p := range r.Members {
		d.IdentityIDs = append(d.IdentityIDs, p.SailPointID)
	}
	if len(r.Members) > 0 {
		d.Distribution = []spDistribution{{"department", []spCount{{ptr(r.Members[0].Department), len(r.Members)}}}}
	}
	return d
}

func spPop(e MinedEntitlement) spPopularity {
	g := e.Group
	return spPopularity{
		Ref:  spEntitlementRef{g.EntitlementID, g.App.Slug + "." + g.Name, ptr(g.Name + " in " + g.App.Name), "groups"},
		Name: g.Name, ApplicationName: g.App.Name, IdentityCount: e.Count, Popularity: e.Popularity, PopularityInOrg: e.PopularityInOrg,
		SourceID: g.App.SourceID, ActivityState: ptr("complete"), UsagePercent: ptr(e.Usage),
	}
}

func (c *Company) sailpointInsights(s *sailpointExport) {
	t := s.table("entitlement_changes", plain("name id description attribute value source type identitiesWithAccess identitiesImpacted totalNumberOfIdentities impactedIdentityNames")...)
	for _, in := range c.Insights {
		r := in.Role
		row := spInsight{
			ID: in.ID, NumberOfUpdates: len(in.Changes), CreatedDate: stamp(in.Created, millis),
			Role:    spRoleInfo{r.Name, r.ID, r.Description, r.Owner.Name(), r.Owner.SailPointID},
			Insight: in.Changes[0].advice(),
		}
		if !in.Modified.IsZero() {
			row.ModifiedDate = ptr(stamp(in.Modified, millis))
		}
		row.Insight.Names = nil
		s.insights = append(s.insights, object{key: in.ID, json: compactJSON(row)})
		for _, ch := range in.Changes {
			a, g, key := ch.advice(), ch.Group, in.ID+"/"+ch.Group.EntitlementID
			s.changes = append(s.changes, object{key, in.ID, compactJSON(spChange{g.Name, g.EntitlementID, nil, "groups", g.ID, g.App.Name, a})})
			t.add(key, g.Name, g.EntitlementID, "", "groups", g.ID, g.App.Name, a.Type, strconv.Itoa(a.With), strconv.Itoa(a.Impacted), strconv.Itoa(a.Total), *a.Names).part = in.ID
		}
	}
}

func (ch EntitlementChange) advice() spAdvice {
	return spAdvice{"ADD", ch.With, ch.Impacted, ch.Total, ptr(strings.Join(ch.Names, ", "))}
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
