package run

import (
	"net"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
	"github.com/accessmart/accessmart/schemas"
)

// clinic is a simulated company with a doctor.
type clinic struct {
	sim    *vendorsim.Sim
	server *vendorsim.Server
	set    *schemas.Set
}

func newClinic(t *testing.T, conf vendorsim.Config) *clinic {
	t.Helper()
	conf.People, conf.Polls = 60, -1
	c := &clinic{sim: vendorsim.New(conf)}
	var err error
	if c.server, err = c.sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.server.Close() })
	if c.set, err = schemas.Load(nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *clinic) vendor(t *testing.T, name string) extract.Vendor {
	t.Helper()
	var v extract.Vendor
	var err error
	s := c.server
	switch name {
	case "oleria":
		v, err = oleria.New(oleria.Config{APIURL: s.OleriaURL, TokenURL: s.OleriaTokenURL, Audience: s.Audience, Scope: s.Scope, ClientID: s.OleriaClientID, ClientSecret: extract.NewSecret(s.OleriaClientSecret)})
	case "sailpoint":
		v, err = sailpoint.New(sailpoint.Config{BaseURL: s.SailPointURL, ClientID: s.SailPointClientID, ClientSecret: extract.NewSecret(s.SailPointClientSecret)})
	default:
		v, err = balkanid.New(balkanid.Config{BaseURL: s.BalkanIDURL, KeyID: s.BalkanIDKeyID, KeySecret: extract.NewSecret(s.BalkanIDKeySecret)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// examine tries datasets of one vendor, and gives the findings by plural.
func (c *clinic) examine(t *testing.T, vendor string, exports bool, plurals ...string) (Diagnosis, map[string]Finding) {
	t.Helper()
	target := Target{Source: extract.Source{Name: "src"}, Vendor: c.vendor(t, vendor)}
	for _, p := range plurals {
		contract, err := c.set.Contract(vendor + "." + p)
		if err != nil {
			t.Fatal(err)
		}
		target.Contracts = append(target.Contracts, contract)
	}
	d := &Doctor{Set: c.set, Exports: func(string, *schemas.Contract) bool { return exports }}
	all, err := d.Examine(t.Context(), []Target{target})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Finding{}
	for _, f := range all[0].Datasets {
		out[f.Contract.Plural()] = f
	}
	if len(out) != len(plurals) {
		t.Fatalf("%d findings for %d datasets", len(out), len(plurals))
	}
	return all[0], out
}

// Of a list one record is asked for, and no export is begun that nobody allowed.
func TestDoctor_asksForAsLittleAsItCan(t *testing.T) {
	c := newClinic(t, vendorsim.Config{})
	d, got := c.examine(t, "sailpoint", false, "role_mining_sessions", "potential_roles", "potential_role_identities", "role_insights", "entitlement_changes", "config_objects")
	for plural, want := range map[string]State{"role_mining_sessions": Ready, "potential_roles": Ready, "role_insights": Ready, "entitlement_changes": Ready,
		"potential_role_identities": NotAsked, "config_objects": NotAsked} {
		if f := got[plural]; f.State != want {
			t.Errorf("%s is %s: %v", plural, f.State, f.Err)
		}
	}
	if f := got["potential_roles"]; f.Records != 1 || len(f.Keys) > 0 || f.Form != "json, utf-8" {
		t.Errorf("%+v", f.Delivery)
	}
	if !d.Granted || len(d.Hosts) != 1 || d.Hosts[0].Err != nil {
		t.Errorf("%+v", d)
	}
	if n := c.sim.CountRequests("sailpoint", "POST", "*export*"); n != 0 {
		t.Errorf("%d exports were asked for", n)
	}
	for _, r := range c.sim.Requests() {
		if r.Method == "GET" && r.Query != "" && !strings.Contains(r.Query, "limit=1&") && !strings.HasSuffix(r.Query, "limit=1") {
			t.Errorf("%s asks for %s", r.Path, r.Query)
		}
	}
	if _, got = c.examine(t, "sailpoint", true, "potential_role_identities"); got["potential_role_identities"].State != Ready || got["potential_role_identities"].Form != "zip: csv, utf-8, comma, lf" {
		t.Errorf("allowed: %+v", got["potential_role_identities"])
	}
	if n := c.sim.CountRequests("sailpoint", "POST", "*export-async"); n != 1 {
		t.Errorf("%d exports of potential roles, one would do", n)
	}
}

func TestDoctor_tellsCredentialsFromRightsAndNetwork(t *testing.T) {
	c := newClinic(t, vendorsim.Config{})
	c.sim.Faults(vendorsim.Rule{Vendor: "oleria", Method: "POST", Path: "*token*", Times: -1, Fault: vendorsim.RefuseToken()})
	d, got := c.examine(t, "oleria", true, "employees", "risks_v2")
	if d.Granted || d.Token == nil || got["employees"].State != Forbidden || got["risks_v2"].State != Forbidden {
		t.Errorf("a refused token: %+v", got)
	}
	if n := c.sim.CountRequests("oleria", "POST", "/v1/downloads"); n != 0 {
		t.Errorf("%d exports were asked for without a token", n)
	}

	c.sim.Faults(vendorsim.Rule{Vendor: "sailpoint", Path: "*/role-insights", Times: -1, Fault: vendorsim.Refusal(403, "ann@example.com may not")})
	d, got = c.examine(t, "sailpoint", false, "role_insights", "role_mining_sessions")
	f := got["role_insights"]
	if f.State != Forbidden || got["role_mining_sessions"].State != Ready || f.Next() != "give the client the scope iai:role-insights" {
		t.Errorf("no right: %s, %s", f.State, f.Next())
	}
	if r := f.Refusal(); !strings.HasPrefix(r, "HTTP 403, ") || strings.Contains(r, "ann") {
		t.Errorf("refusal: %s", f.Refusal())
	}
	if n, differs := TallyOf([]Diagnosis{d}); n.Credentials != 1 || n.Good != 1 || differs != 0 {
		t.Errorf("%+v", n)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // a port at which nobody listens
	c.server.BalkanIDURL = "http://" + l.Addr().String()
	d, got = c.examine(t, "balkanid", true, "apps")
	if got["apps"].State != Unreachable || d.Hosts[0].Err == nil {
		t.Errorf("nobody there: %+v", got["apps"])
	}
	if n, _ := TallyOf([]Diagnosis{d}); n.Unreachable != 1 || !n.Nothing() {
		t.Errorf("%+v", n)
	}
}

func TestDoctor_tellsWhatIsNotAsTheContractSays(t *testing.T) {
	c := newClinic(t, vendorsim.Config{Headers: export.Odd})
	_, got := c.examine(t, "oleria", true, "employees", "risks_v2")
	f := got["employees"]
	if f.State != Differs || f.Err == nil || !strings.Contains(f.Draft.Text, "  email: {from: [Corporate mail]}") {
		t.Errorf("renamed headers: %s, %v\n%s", f.State, f.Err, f.Draft.Text)
	}
	if n, differs := TallyOf([]Diagnosis{{Datasets: []Finding{f}}}); differs != 1 || n.Failed != 0 {
		t.Errorf("%+v, %d differ", n, differs)
	}

	c = newClinic(t, vendorsim.Config{})
	c.sim.Faults(vendorsim.Rule{Vendor: "storage", Times: 1, Fault: vendorsim.Payload([]byte("Employee Name,Email,Start Date\n"))})
	if _, got = c.examine(t, "oleria", true, "employees"); got["employees"].State != NoRecords || got["employees"].Columns != 3 {
		t.Errorf("an empty export: %+v", got["employees"])
	}
	c.sim.Faults(vendorsim.Rule{Vendor: "storage", Times: 1, Fault: vendorsim.Payload([]byte("Employee Name,Email,Start Date\nAda,ada@example.com,soon\nBob,bob@example.com,later\n"))})
	_, got = c.examine(t, "oleria", true, "employees")
	if f = got["employees"]; f.State != Differs || len(f.Types) != 1 || f.Types[0] != (TypeFault{"start_date", schemas.RuleType, 2}) {
		t.Errorf("dates that are none: %s %+v", f.State, f.Types)
	}
	_, got = c.examine(t, "oleria", true, "risks_v2")
	if f = got["risks_v2"]; f.State != SomeRejects || f.Rejected != 1 {
		t.Errorf("one bad record: %s %+v", f.State, f.Types)
	}
}

func TestColumnOf_namesNoValue(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	typed, _ := set.Contract("oleria.employees")
	for field, want := range map[string]string{"email": "email", "email.work": "email", "email[3].x": "email", "ada@example.com": "", "identities.email": "", "": ""} {
		if got := columnOf(typed, field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if got := columnOf(&schemas.Contract{Dataset: "oleria.mine"}, "ada_north"); got != "" {
		t.Errorf("a column of a contract without columns: %s", got)
	}
}

// A file without a header gives values for names.
func TestDoctor_namesThatMayBeValues(t *testing.T) {
	c := newClinic(t, vendorsim.Config{})
	contracts := c.set.Vendor("oleria")
	for _, tc := range []struct {
		names string
		sure  bool
	}{
		{"Worker|Email|Job Title|Status", true}, {"Ada North|ada@example.com|Manager|Status", false}, {"Ada North|Clerk|Oslo|Manager", false},
		{"Email|Status|2020-01-02", false}, {"Alpha|Beta", false}, {"", false},
	} {
		if named(contracts, strings.Split(tc.names, "|")) != tc.sure {
			t.Errorf("%s: sure is %v", tc.names, !tc.sure)
		}
	}
}
