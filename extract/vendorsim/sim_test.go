package vendorsim

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

func TestNew_isDeterministic(t *testing.T) {
	write := func(seed int64) map[string][]byte {
		s := New(Config{Seed: seed, People: 200})
		s.Advance()
		out := map[string][]byte{}
		for _, vendor := range []string{"oleria", "sailpoint", "balkanid"} {
			dir := t.TempDir()
			if err := s.WriteFiles(dir, vendor); err != nil {
				t.Fatal(err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				b, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				out[vendor+"/"+e.Name()] = b
			}
		}
		return out
	}
	a, b, c := write(3), write(3), write(4)
	if len(a) != len(b) {
		t.Fatalf("%d and %d files", len(a), len(b))
	}
	for name, data := range a {
		if !bytes.Equal(data, b[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if bytes.Equal(a["oleria/employees.csv"], c["oleria/employees.csv"]) {
		t.Error("another seed gives the same people")
	}
}

func TestNew_sizeAndChangesOfTheDemoCompany(t *testing.T) {
	s := New(Config{})
	s.Advance()
	accounts := len(s.Records("oleria.access_inventory_application_accounts_v2", 0)) + len(s.Truth().ServiceAccounts)
	for key := range s.Records("balkanid.entities", 0) {
		if strings.Contains(key, ":identity:") {
			accounts++
		}
	}
	edges := len(s.Records("balkanid.entitlements", 0)) + len(s.Records("balkanid.entity_relations", 0)) + len(s.Records("oleria.group_utilization_accounts", 0))
	if n := len(s.Records("balkanid.employees", 0)); n != 2000 || accounts < 10000 || accounts > 16000 || edges < 20000 || edges > 40000 {
		t.Errorf("%d people, %d accounts, %d edges", n, accounts, edges)
	}
	for _, d := range s.Datasets() {
		records := len(s.Records(d, 0))
		values := map[string]string{}
		tab, _ := s.Table(d, 0)
		for _, r := range tab.Rows {
			text := r.Part + "\x1e" + strings.Join(r.Cells, "\x1f")
			if values[text] != "" {
				t.Errorf("%s: %s and %s are alike in all values", d, r.Key, values[text])
			}
			values[text] = r.Key
		}
		if len(tab.Rows) != records {
			t.Errorf("%s: %d rows have %d keys", d, len(tab.Rows), records)
		}
		c := s.Diff(d, 0, 1)
		if n := len(c.Added) + len(c.Removed) + len(c.Changed); records >= 1000 && (n == 0 || n*100 > records*5) {
			t.Errorf("%s: %d of %d records changed", d, n, records)
		}
		if bad := s.Truth().Rejects[d]; bad*100 > records {
			t.Errorf("%s: %d bad of %d", d, bad, records)
		}
	}
}

func TestDiff_addsUp(t *testing.T) {
	s := New(Config{People: small})
	for range 20 {
		s.Advance()
	}
	for _, d := range s.Datasets() {
		for g := range 20 {
			c := s.Diff(d, g, g+1)
			if len(s.Records(d, g))+len(c.Added)-len(c.Removed) != len(s.Records(d, g+1)) {
				t.Errorf("%s: generation %d does not add up", d, g)
			}
		}
		if c := s.Diff(d, 7, 7); len(c.Added)+len(c.Removed)+len(c.Changed) != 0 {
			t.Errorf("%s differs from itself", d)
		}
	}
	if s.Records("oleria.employees", 21) != nil || s.Records("oleria.nothing", 0) != nil {
		t.Error("records of nothing")
	}
	if _, ok := s.TruthAt(20); !ok {
		t.Error("no truth of the last generation")
	}
}

func TestAdvance_keepsEarlierGenerations(t *testing.T) {
	s := New(Config{People: small})
	before := s.now().balkanid.Payload("balkanid.entities", export.Everything)
	old := s.Truth()
	s.Advance()
	if !bytes.Equal(before, s.at(0).table("balkanid.entities").Payload(export.Everything)) {
		t.Error("generation 0 changed")
	}
	if s.Generation() != 1 || s.Truth().Generation != 1 || !s.Today().Equal(old.Today.Add(24*time.Hour)) {
		t.Error("the company is not a day older")
	}
}

func TestNew_smallAndEmptySettings(t *testing.T) {
	s := New(Config{People: 1, PotentialRoles: -1, RoleInsights: -1})
	for range 30 {
		s.Advance()
	}
	if len(s.Records("sailpoint.potential_roles", 0)) != 0 || len(s.Records("oleria.employees", 0)) != 20 {
		t.Error("settings not followed")
	}
}

func TestWriteFiles_areTheServersBytes(t *testing.T) {
	v := visit(t, Config{})
	dir := t.TempDir()
	for _, vendor := range []string{"oleria", "sailpoint", "balkanid"} {
		if err := v.sim.WriteFiles(dir, vendor); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.sim.WriteFiles(dir, "acme"); err == nil {
		t.Error("unknown vendor accepted")
	}
	oleria := v.oleriaToken()
	integration := v.sim.tab(t, "balkanid.integrations").Rows[0].Key
	for name, want := range map[string]string{
		"access_inventory_identities_v2.json": v.oleria(oleria, `{"context":"accessInventoryIdentitiesV2"}`),
		"group_utilization_accounts.csv.gz":   v.oleria(oleria, `{"context":"groupUtilizationAccounts"}`),
		"requests.csv":                        v.balkanid("requests", `{"includeCompleted":true}`),
		"entity_rbac.zip":                     v.balkanid("entity-rbac", "{}"),
		"entitlements.integration_id=" + strings.ReplaceAll(integration, "/", "%2F") + ".csv": v.balkanid("entitlements", `{"integrationId":"`+integration+`"}`),
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if string(got) != want {
			t.Errorf("%s differs from what the server delivers", name)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
}

func TestListen_servesAllVendorsOnOneAddress(t *testing.T) {
	sim := New(Config{People: small})
	if _, err := sim.Listen("nonsense"); err == nil {
		t.Error("no error for a bad address")
	}
	server, err := sim.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	v := &visitor{t, sim, server, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if server.OleriaURL != server.SailPointURL || server.StorageURL == server.OleriaURL {
		t.Errorf("addresses: %s, %s", server.OleriaURL, server.StorageURL)
	}
	v.oleria(v.oleriaToken(), `{"context":"employees"}`)
	v.balkanid("apps", "{}")
	v.sailpointAll(v.sailpointToken(), "/v2024/role-insights")
	if _, err := sim.Listen(strings.TrimPrefix(server.OleriaURL, "http://")); err == nil {
		t.Error("two servers on one address")
	}
}

func TestServer_secretsAreAllKnown(t *testing.T) {
	v := visit(t, Config{})
	token := v.oleriaToken()
	u := v.finished(token)
	_, query, _ := strings.Cut(u, "X-Amz-Signature=")
	query, _, _ = strings.Cut(query, "&")
	all := strings.Join(v.server.Secrets(), "\n")
	for _, want := range []string{strings.TrimPrefix(token[1], "Bearer "), query, v.server.BalkanIDKeySecret, v.server.OleriaClientSecret, v.server.SailPointClientSecret} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not among the secrets", want)
		}
	}
	for _, r := range v.sim.Requests() {
		if strings.Contains(r.Path+r.Query, query) {
			t.Error("the log holds a signature")
		}
	}
}

func TestServer_closesWhileSomebodyReads(t *testing.T) {
	sim := New(Config{People: small, Polls: -1})
	server, err := sim.Start()
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t, sim, server, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	sim.Faults(Rule{Vendor: "storage", Fault: Drip(make(chan struct{}), 1)})
	resp, err := v.http.Get(v.finished(v.oleriaToken()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the body ended as if whole")
	}
}

func TestServer_signsForTheAddressThatATestSets(t *testing.T) {
	v := visit(t, Config{})
	v.server.StorageURL = "http://proxy.example.com"
	if u := v.finished(v.oleriaToken()); !strings.HasPrefix(u, "http://proxy.example.com/oleria-exports/") {
		t.Errorf("signed URL %s", u)
	}
}
