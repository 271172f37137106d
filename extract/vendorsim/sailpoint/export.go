package sailpoint

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

const (
	seconds = "2006-01-02T15:04:05Z"
	millis  = "2006-01-02T15:04:05.000Z"
)

// Export is what SailPoint delivers of one generation: tables, and
// the objects that its endpoints list.
type Export struct {
	*export.Set
	sessions   []object
	Summaries  []object // part: session
	details    []object // part: session
	identities []object // part: potential role
	popularity []object // part: potential role
	insights   []object
	changes    []object            // part: insight
	config     []object            // part: object type
	lists      map[string][]object // by dataset, less the vendor; part: the record that a list is of
	governed   governance
	roles      []string // ids of potential roles
	people     int
	tenant     string
	exportedAt string
}

// object is a JSON record of SailPoint.
type object struct {
	Key  string
	Part string // session, potential role or insight it belongs to
	json json.RawMessage

	uncorrelated bool // an identity that no authoritative source has, which its record does not tell
}

func ptr[T any](v T) *T { return &v }

func personRef(p *company.Person) spRef   { return spRef{"IDENTITY", p.SailPointID, p.Name()} }
func personOf(p *company.Person) spPerson { return spPerson{p.SailPointID, p.Name()} }

// NewExport writes the company down as SailPoint knows it today.
func NewExport(c *company.Company) *Export {
	s := &Export{Set: export.NewSet("sailpoint"), tenant: "example-inc", lists: map[string][]object{}, exportedAt: export.Stamp(c.Today, seconds), people: c.Plan.People}
	writeMining(c, s)
	writeInsights(c, s)
	writeConfig(c, s)
	writeAccess(c, s)
	writeGovernance(c, s)
	type listing struct {
		dataset string
		objects []object
	}
	all := []listing{{"role_mining_sessions", s.sessions}, {"potential_roles", s.Summaries}, {"config_objects", s.config}, {"role_insights", s.insights},
		{"uncorrelated_identities", s.lists["uncorrelated_identities"]}}
	for _, name := range slices.Sorted(maps.Keys(s.governed)) {
		all = append(all, listing{name, s.governed[name]})
	}
	for _, listed := range all {
		t := s.Table(listed.dataset, export.Column{Name: "json", Kind: export.Document})
		for _, o := range listed.objects {
			t.Add(o.Key, string(o.json)).Part = o.Part
		}
	}
	for _, e := range endpoints {
		t := s.Table(e.dataset, export.Column{Name: "json", Kind: export.Document})
		for _, o := range s.lists[e.dataset] {
			t.Add(o.Key, string(o.json)).Part = o.Part
		}
	}
	return s
}

func writeMining(c *company.Company, s *Export) {
	byRole := s.Table("potential_role_identities", plain("identityId name firstName jobTitle department location email")...)
	entitled := s.Table("potential_role_entitlements", plain("entitlementId entitlementName entitlementDescription attribute applicationName sourceId identityCount popularity popularityInOrg activitySourceState sourceUsagePercent")...)
	found := map[*company.MiningSession]int{}
	for _, r := range c.PotentialRoles {
		found[r.Session]++
	}
	for _, m := range c.Sessions {
		s.sessions = append(s.sessions, object{Key: m.ID, json: export.CompactJSON(sessionOf(c, m, found[m]))})
	}
	for _, r := range c.PotentialRoles {
		s.roles = append(s.roles, r.ID)
		summary := summaryOf(c, r)
		s.Summaries = append(s.Summaries, object{Key: r.ID, Part: r.Session.ID, json: export.CompactJSON(summary)})
		s.details = append(s.details, object{Key: r.ID, Part: r.Session.ID, json: export.CompactJSON(detailOf(c, r, summary))})
		for _, p := range r.Members {
			attributes := map[string]string{"firstName": p.First, "jobTitle": p.Title, "department": p.Department, "location": p.Location, "email": p.Email}
			s.identities = append(s.identities, object{Key: r.ID + "/" + p.SailPointID, Part: r.ID, json: export.CompactJSON(spIdentity{p.SailPointID, p.Name(), attributes})})
			byRole.Add(r.ID+"/"+p.SailPointID, p.SailPointID, p.Name(), p.First, p.Title, p.Department, p.Location, p.Email).Part = r.ID
		}
		for _, e := range r.Entitlements {
			pop := popularityOf(e)
			key := r.ID + "/" + e.Group.EntitlementID
			s.popularity = append(s.popularity, object{Key: key, Part: r.ID, json: export.CompactJSON(pop)})
			entitled.Add(key, pop.Ref.ID, pop.Name, *pop.Ref.Description, pop.Ref.Attribute, pop.ApplicationName, pop.SourceID, strconv.Itoa(pop.IdentityCount),
				decimal(pop.Popularity), decimal(pop.PopularityInOrg), *pop.ActivityState, decimal(*pop.UsagePercent)).Part = r.ID
		}
	}
}

func plain(words string) []export.Column {
	var out []export.Column
	for w := range strings.FieldsSeq(words) {
		out = append(out, export.Column{Name: w})
	}
	return out
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func scopeOf(c *company.Company, m *company.MiningSession) spScope {
	sc := spScope{IdentityIDs: []string{}}
	switch m {
	case c.Sessions[0]:
		sc.Criteria = ptr(`source.name:"HR"`)
	case c.Sessions[1]: // the example's form, against its own schema: one object
		sc.Attributes = map[string]any{"displayName": map[string]string{"untranslated": "Location: Lisbon"}, "data": map[string]any{"name": "location", "operator": "EQUALS", "values": []string{"Lisbon"}}}
	}
	return sc
}

func sessionState(m *company.MiningSession) string {
	if m.Finished {
		return "POTENTIAL_ROLES_CREATED"
	}
	return "POTENTIAL_ROLES_PROCESSING"
}

func sessionName(m *company.MiningSession) *string {
	if m.Name == "" {
		return nil
	}
	return &m.Name
}

func sessionOf(c *company.Company, m *company.MiningSession, found int) spSession {
	var by any = personOf(m.Creator)
	if m.Kind == "COMMON" {
		by = "system" // the other form that the schema allows
	}
	return spSession{
		Scope: scopeOf(c, m), MinIdentities: ptr(10), ScopingMethod: "AUTO_RM", Prescribed: ptr(50), Prune: ptr(50), RoleCount: found, RolesReady: found,
		Status: spState{sessionState(m)}, CreatedBy: by, IdentityCount: c.Plan.People, Saved: m.Saved, Name: sessionName(m), ID: m.ID,
		CreatedDate: export.Stamp(m.Created, millis), ModifiedDate: export.Stamp(m.Created.Add(time.Hour), millis), Type: m.Kind,
	}
}

func summaryOf(c *company.Company, r *company.PotentialRole) spSummary {
	m := r.Session
	out := spSummary{
		ID: r.ID, Name: r.Name, Ref: spRef{ID: r.ID, Name: r.Name}, IdentityCount: len(r.Members), EntitlementCount: len(r.Entitlements),
		IdentityGroupStatus: "OBTAINED", ProvisionState: "POTENTIAL", Density: 75, Freshness: r.Freshness, Quality: r.Quality, Type: m.Kind,
		CreatedBy: personOf(m.Creator), CreatedDate: export.Stamp(m.Created, millis), Saved: r.Saved,
		Session: spSessionRef{ID: m.ID, Name: sessionName(m), MinIdentities: ptr(10), Prune: ptr(50), Saved: m.Saved, Scope: scopeOf(c, m), Type: m.Kind, State: sessionState(m), ScopingMethod: "AUTO_RM"},
	}
	if r.Saved {
		out.Description = ptr("Kept for a closer look")
	}
	return out
}

func detailOf(c *company.Company, r *company.PotentialRole, summary spSummary) spDetail {
	d := spDetail{spSummary: summary, Excluded: []string{}, ModifiedDate: export.Stamp(r.Modified, millis), IdentityIDs: []string{}}
	for _, p := range r.Members {
		d.IdentityIDs = append(d.IdentityIDs, p.SailPointID)
	}
	if len(r.Members) > 0 {
		d.Distribution = []spDistribution{{"department", []spCount{{ptr(r.Members[0].Department), len(r.Members)}}}}
	}
	return d
}

func popularityOf(e company.MinedEntitlement) spPopularity {
	g := e.Group
	return spPopularity{
		Ref:  spEntitlementRef{g.EntitlementID, g.App.Slug + "." + g.Name, ptr(g.Name + " in " + g.App.Name), "groups"},
		Name: g.Name, ApplicationName: g.App.Name, IdentityCount: e.Count, Popularity: e.Popularity, PopularityInOrg: e.PopularityInOrg,
		SourceID: g.App.SourceID, ActivityState: ptr("complete"), UsagePercent: ptr(e.Usage),
	}
}

func writeInsights(c *company.Company, s *Export) {
	t := s.Table("entitlement_changes", plain("name id description attribute value source type identitiesWithAccess identitiesImpacted totalNumberOfIdentities impactedIdentityNames")...)
	for _, in := range c.Insights {
		r := in.Role
		row := spInsight{
			ID: in.ID, NumberOfUpdates: len(in.Changes), CreatedDate: export.Stamp(in.Created, millis),
			Role:    spRoleInfo{r.Name, r.ID, r.Description, r.Owner.Name(), r.Owner.SailPointID},
			Insight: advice(in.Changes[0]),
		}
		if !in.Modified.IsZero() {
			row.ModifiedDate = ptr(export.Stamp(in.Modified, millis))
		}
		row.Insight.Names = nil
		s.insights = append(s.insights, object{Key: in.ID, json: export.CompactJSON(row)})
		for _, ch := range in.Changes {
			a, g, key := advice(ch), ch.Group, in.ID+"/"+ch.Group.EntitlementID
			s.changes = append(s.changes, object{Key: key, Part: in.ID, json: export.CompactJSON(spChange{g.Name, g.EntitlementID, nil, "groups", g.ID, g.App.Name, a})})
			t.Add(key, g.Name, g.EntitlementID, "", "groups", g.ID, g.App.Name, a.Type, strconv.Itoa(a.With), strconv.Itoa(a.Impacted), strconv.Itoa(a.Total), *a.Names).Part = in.ID
		}
	}
}

func advice(ch company.EntitlementChange) spAdvice {
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
