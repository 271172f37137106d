package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/sql"
)

// The simulator knows which records it delivered and what it planted. These
// tests hold the finished file against that, through the real program.

// oneRowARecord are the datasets of which every record means one row of the
// table, so that the simulator's changes are the table's.
var oneRowARecord = map[string]string{
	"balkanid.admins":                                 "accounts",
	"balkanid.business_owners":                        "groups",
	"balkanid.campaigns":                              "config_objects",
	"balkanid.employees":                              "identities",
	"balkanid.entity_finding_rules":                   "policies",
	"balkanid.entity_insights":                        "risks",
	"balkanid.entity_rules":                           "policies",
	"balkanid.filters":                                "policies",
	"balkanid.findings":                               "risks",
	"balkanid.playbook_templates":                     "config_objects",
	"balkanid.rules":                                  "policies",
	"balkanid.webhook_templates":                      "config_objects",
	"balkanid.entity_relations":                       "grants",
	"balkanid.labels":                                 "policies",
	"balkanid.purposes":                               "roles",
	"balkanid.rbac":                                   "role_candidates",
	"balkanid.requests":                               "access_requests",
	"balkanid.reviews":                                "reviews",
	"oleria.employees":                                "identities",
	"oleria.access_inventory_identities_v2":           "identities",
	"oleria.access_inventory_application_accounts_v2": "accounts",
	"oleria.access_inventory_groups_v2":               "groups",
	"oleria.access_inventory_employees_v2":            "identities",
	"oleria.access_inventory_nhi_v2":                  "identities",
	"oleria.access_inventory_resource_instances_v2":   "resources",
	"oleria.access_inventory_roles_v2":                "roles",
	"oleria.account_utilization":                      "accounts",
	"oleria.application_accounts":                     "accounts",
	"oleria.employee_access_insights":                 "identities",
	"oleria.external_access_users":                    "identities",
	"oleria.external_anonymous_access":                "resources",
	"oleria.external_shared_assets":                   "resources",
	"oleria.identities":                               "identities",
	"oleria.oleria_users":                             "accounts",
	"oleria.resource_instances":                       "resources",
	"oleria.risks_v2":                                 "risks",
	"oleria.risks":                                    "risks",
	"oleria.risk_monitoring_detail":                   "risks",
	"oleria.identity_assessment_risk_download":        "risks",
	"oleria.access_requests":                          "access_requests",
	"oleria.activity_analysis":                        "activities",
	"oleria.ilm_employee_events":                      "lifecycle_events",
	"oleria.ilm_workflow_employee_events":             "lifecycle_events",
	"oleria.ilm_event_account_actions":                "lifecycle_events",
	"oleria.ilm_event_application_actions":            "lifecycle_events",
	"oleria.ilm_event_group_actions":                  "lifecycle_events",
	"sailpoint.potential_role_identities":             "role_candidate_identities",
	"sailpoint.potential_role_entitlements":           "role_candidate_entitlements",
	"sailpoint.entitlement_changes":                   "role_recommendations",
}

// One company is refreshed twice, and asked after both.
func TestOracle(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 11, People: 300})
	f.write(t, simulatedConfig(f.server)+"sod: sod.yaml\n") // all datasets
	if err := os.WriteFile(filepath.Join(f.dir, "sod.yaml"), []byte(ownRules), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	f.run(t, exitRejects, "refresh")
	t.Run("risksAreThePlanted", f.risksAreThePlanted)
	t.Run("reportsFindWhatWasPlanted", f.reportsFindWhatWasPlanted)
	t.Run("reportsAreThePlanted", f.reportsAreThePlanted)
	t.Run("sharingIsThePlantedOne", f.sharingIsThePlantedOne)
	t.Run("sailPointsAccess", f.sailPointsAccess)
	t.Run("rejectsAreThePlantedOnes", func(t *testing.T) { f.rejectsAreThePlantedOnes(t, set) })
	t.Run("governanceIsSailPoints", f.governanceIsSailPoints)
	earlier := f.keep(t)
	f.sim.Advance()
	f.run(t, exitRejects, "refresh")
	t.Run("changesAreThePlanted", func(t *testing.T) { f.changesArePlanted(t, earlier) })
	t.Run("risksAreThePlantedTheSecondDay", f.risksAreThePlanted)
	t.Run("reportsAreThePlantedTheSecondDay", f.reportsAreThePlanted)
	t.Run("moversAreThePlanted", f.moversAreThePlanted)
	t.Run("sailPointsAccessOfTheSecondDay", f.sailPointsAccess)
	t.Run("governanceIsSailPointsOnTheSecondDay", f.governanceIsSailPoints)
	t.Run("secondRefreshChangesExactlyWhatTheVendorsChanged", func(t *testing.T) { f.changesAreTheVendors(t, set) })
	t.Run("explanationsAreTheReferences", f.explanationsAreTheReferences)
	t.Run("lossesAreThePlanted", f.lossesAreThePlanted)
	t.Run("sharingIsWhatIsLeftOfIt", f.sharingIsThePlantedOne)
	t.Run("figuresOfAccessAreTheVendors", f.figuresOfAccessAreTheVendors)
	t.Run("eventsAndFiguresOfOleria", f.eventsAndFiguresOfOleria)
	t.Run("packsAreWhatIsReached", f.packsAreWhatIsReached)
	t.Run("keysTellRowsApart", f.keysTellRowsApart)
	t.Run("balkanIDsRowsLeadToThings", f.balkanIDsRowsLeadToThings)
	t.Run("dutiesAreJudged", f.dutiesAreJudged)
	t.Run("outliersAreRare", f.outliersAreRare)
	t.Run("questionsAreAnswered", f.questionsAreAnswered)
}

func (f *fixture) changesAreTheVendors(t *testing.T, set *schemas.Set) {
	var each []string
	for dataset, table := range oneRowARecord {
		each = append(each, fmt.Sprintf(`select '%[2]s' as dataset,
			(select count(*) from observed.%[1]s where _dataset = '%[2]s' and _valid_from > (select min(as_of) from meta.runs)) as inserted,
			(select count(*) from observed_history.%[1]s where _dataset = '%[2]s') as closed,
			(select is_filtered from report.coverage where dataset = '%[2]s') as filtered`, table, dataset))
	}
	changed := 0
	for _, got := range f.query(t, strings.Join(each, " union all ")) {
		dataset := got["dataset"].(string)
		table := oneRowARecord[dataset]
		contract, err := set.Contract(dataset)
		if err != nil {
			t.Fatal(err)
		}
		inserted, closed := expectedChanges(t, f.sim, set, contract, table)
		if got["filtered"].(bool) || contract.Mode == schemas.Append {
			closed = 0 // what a filtered export lacks is not gone, nor what a log lacks that grows
		}
		if got["inserted"] != float64(inserted) || got["closed"] != float64(closed) {
			t.Errorf("%s in %s: inserted %v, closed %v; the vendor changed %d and %d", dataset, table, got["inserted"], got["closed"], inserted, closed)
		}
		changed += inserted + closed
	}
	if changed == 0 {
		t.Fatal("the simulator changed nothing")
	}
}

// keysTellRowsApart holds that the columns which the header of a report or view
// calls its key are one for each row.
func (f *fixture) keysTellRowsApart(t *testing.T) {
	t.Helper()
	var each []string
	for schema, kind := range map[string]sql.Kind{"report": sql.Report, "history": sql.Version, "meta": sql.Ledger} {
		for _, o := range sql.All(kind) {
			each = append(each, fmt.Sprintf("select '%s.%s' as name, '%s' as key, count(*) as n, count(distinct (%[3]s)) as keys from %[1]s.%[2]s", schema, o.Name, o.Key))
		}
	}
	full := 0
	for _, got := range f.query(t, strings.Join(each, " union all ")) {
		if got["n"] != got["keys"] {
			t.Errorf("%s: %v rows have %v keys (%s)", got["name"], got["n"], got["keys"], got["key"])
		}
		if got["n"].(float64) > 1 {
			full++
		}
	}
	if full < 12 {
		t.Errorf("only %d reports and views have rows to tell apart", full)
	}
}

// expectedChanges counts the rows that must come and go between generations 0
// and 1: the records' cells, as far as the table reads them, as sets.
func expectedChanges(t *testing.T, sim *vendorsim.Sim, set *schemas.Set, contract *schemas.Contract, table string) (inserted, closed int) {
	t.Helper()
	before, now := delivered(t, sim, set, contract, table, 0), delivered(t, sim, set, contract, table, 1)
	for row := range now {
		if !before[row] {
			inserted++
		}
	}
	for row := range before {
		if !now[row] {
			closed++
		}
	}
	return inserted, closed
}

func delivered(t *testing.T, sim *vendorsim.Sim, set *schemas.Set, contract *schemas.Contract, table string, generation int) map[string]bool {
	t.Helper()
	d, ok := sim.Table(contract.Dataset, generation)
	if !ok {
		t.Fatalf("the simulator has no %s", contract.Dataset)
	}
	read := readBy(set, contract, table, d.Columns)
	rows := map[string]bool{}
	for _, r := range d.Rows {
		row := []string{r.Part}
		for _, i := range read {
			row = append(row, r.Cells[i])
		}
		rows[strings.Join(row, "\x1f")] = true
	}
	return rows
}

// readBy are the indexes of the delivered columns that a table is made of.
func readBy(set *schemas.Set, contract *schemas.Contract, table string, headers []string) (read []int) {
	for _, m := range contract.Mappings(set.Common) {
		if m.Table != table || m.Column == "" {
			continue
		}
		for i, header := range headers {
			if m.Column == schemas.ExtraColumn && unnamed(contract, header) ||
				m.Column != schemas.ExtraColumn && delivers(contract.Column(m.Column), header) {
				read = append(read, i)
			}
		}
	}
	slices.Sort(read)
	return slices.Compact(read)
}

func delivers(c *schemas.Column, header string) bool {
	return slices.ContainsFunc(c.From, func(f string) bool { return schemas.NormalHeader(f) == schemas.NormalHeader(header) })
}

func unnamed(contract *schemas.Contract, header string) bool {
	return !slices.ContainsFunc(contract.Columns, func(c schemas.Column) bool { return delivers(&c, header) })
}

func (f *fixture) reportsFindWhatWasPlanted(t *testing.T) {
	truth := f.sim.Truth()
	for _, tc := range []struct {
		what, sql string
		want      []string
	}{
		{"dormant accounts", openAccounts("oleria", "select account_key from report.dormant_accounts where idle_days > 90"), truth.DormantAccounts("oleria")},
		{"leavers with access", openAccounts("oleria", "select principal_key from report.leavers_with_access"), truth.LeaversWithAccess("oleria")},
		{"leavers with access", openAccounts("balkanid", "select principal_key from report.leavers_with_access"), truth.LeaversWithAccess("balkanid")},
		{"orphaned accounts", statedAccounts("oleria", "select account_key from report.orphaned_accounts where kind is distinct from 'service'"), truth.OrphanAccounts("oleria")},
		{"orphaned accounts", statedAccounts("balkanid", "select account_key from report.orphaned_accounts where kind is distinct from 'service'"), truth.OrphanAccounts("balkanid")},
		{"breaches of separation of duties", breaches, breachesOf(truth)},
	} {
		var got []string
		for _, r := range f.query(t, tc.sql) {
			got = append(got, fmt.Sprint(r["id"]))
		}
		slices.Sort(got)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %d found, %d planted\nfound only: %v\nplanted only: %v", tc.what, len(got), len(tc.want),
				without(got, tc.want), without(tc.want, got))
		}
		if len(tc.want) == 0 {
			t.Errorf("%s: none planted", tc.what)
		}
	}
}

// statedAccounts asks for the ids, at a source, of some accounts of main.
func statedAccounts(source, keys string) string {
	return "select distinct o.native_id as id from observed.accounts o join meta.links l on l.kind = 'accounts' and l.dataset = o._dataset and l.statement_key = o.account_key" +
		" where o._source = '" + source + "' and l.strength = 'describes' and l.key in (" + keys + ")"
}

// breaches asks who breaks which policy, both by their ids at SailPoint.
const breaches = `select distinct p.native_id || ' ' || split_part(l.statement_key, ':', 3) as id
	from report.sod_violations v join observed.policies p on p.policy_key = v.policy_key
	join meta.links l on l.kind = 'identities' and l.key = v.identity_key and l.source = 'sailpoint'`

func breachesOf(truth vendorsim.Truth) (out []string) {
	for _, c := range truth.SoDConflicts {
		out = append(out, c.PolicyID+" "+c.IdentityID)
	}
	slices.Sort(out)
	return out
}

// openAccounts asks for the ids, at a source, of those of some accounts of main to which the
// source itself says that somebody can log in.
func openAccounts(source, keys string) string {
	return statedAccounts(source, keys) + " and o.status is distinct from 'inactive'"
}

func (f *fixture) rejectsAreThePlantedOnes(t *testing.T, set *schemas.Set) {
	want := f.sim.Truth().Rejects
	got := map[string]int{}
	for _, r := range f.query(t, "select dataset, count(*) as n from meta.rejects group by 1") {
		got[r["dataset"].(string)] = int(r["n"].(float64))
	}
	for _, c := range set.All() {
		if c.Typed() && got[c.Dataset] != want[c.Dataset] {
			t.Errorf("%s: %d rejects, %d planted", c.Dataset, got[c.Dataset], want[c.Dataset])
		}
	}
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}
