package main

import (
	"fmt"
	"slices"
	"testing"
)

// sharingIsThePlantedOne holds what people outside can open against the truth of today.
func (f *fixture) sharingIsThePlantedOne(t *testing.T) {
	var want []string
	for _, s := range f.sim.Truth().Shared {
		audience := "external"
		if s.Public {
			audience = "anonymous"
		}
		want = append(want, fmt.Sprintf("%s / %s: %s, %d guests", s.Application, s.Name, audience, s.Guests))
	}
	got := f.texts(t, `select a.app || ' / ' || s.name || ': ' || s.sharing || ', ' || coalesce(s.external_user_count, 0) || ' guests' as name
		from report.external_sharing s join main.applications a using (application_key)`)
	equal(t, "shared resources", got, want)
	equal(t, "guests", f.texts(t, "select email as name from report.external_identities where evidence = 'told'"), f.sim.Truth().Guests)
	if n := f.query(t, "select count(*) as n from observed.grants where _dataset like 'oleria.external%'")[0]["n"]; n != float64(0) {
		t.Errorf("%v grants are made of lists that do not say who can open what", n)
	}
	if len(want) < 5 {
		t.Errorf("only %d resources are shared", len(want))
	}
}

// figuresOfAccessAreTheVendors holds the counts and days that Oleria states of people, machines,
// guests and resources against what it delivered.
func (f *fixture) figuresOfAccessAreTheVendors(t *testing.T) {
	for _, tc := range []struct{ dataset, column, metric string }{
		{"employee_access_insights", "assignedApplicationCount", "assigned_applications"},
		{"employee_access_insights", "assignedGroupsCount", "assigned_groups"},
		{"employee_access_insights", "assignedRolesCount", "assigned_roles"},
		{"employee_access_insights", "dormantDays", "dormant_days"},
		{"access_inventory_nhi_v2", "dormantDays", "dormant_days"},
		{"access_inventory_resource_instances_v2", "dormantDays", "dormant_days"},
		{"external_access_users", "sharedAssetsCount", "shared_assets"},
		{"external_access_users", "dormantDays", "dormant_days"},
		{"external_shared_assets", "externalUsersCount", "external_users"},
	} {
		var want []string
		for _, r := range f.delivered(t, "oleria."+tc.dataset) {
			if r[tc.column] != "" {
				want = append(want, r[tc.column])
			}
		}
		got := f.texts(t, fmt.Sprintf(`select value::bigint || case when json_extract_string(attributes, '$.dormant_days_is_minimum') = 'true' then '+' else '' end as name
			from observed.usage where _dataset = 'oleria.%s' and metric = '%s'`, tc.dataset, tc.metric))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s, %s: %d figures, the vendor states %d, or other ones", tc.dataset, tc.metric, len(got), len(want))
		}
		if stated := f.query(t, "select count(*) as n from main.usage u join observed.usage o using (usage_key) where o._dataset = 'oleria."+tc.dataset+"' and u.subject_key is null"); stated[0]["n"] != float64(0) {
			t.Errorf("%s: %v figures lead to nothing", tc.dataset, stated[0]["n"])
		}
		if len(want) == 0 {
			t.Errorf("%s, %s: nothing was tried of %q", tc.dataset, tc.metric, tc.column)
		}
	}
}

// packsAreWhatIsReached holds review packs against effective access: nothing is left out of them,
// nothing is added, and whoever reviews is not the person nor somebody who has left.
func (f *fixture) packsAreWhatIsReached(t *testing.T) {
	const columns = "identity_key, account_key, target_kind, target_key, privilege"
	tried := 0
	for _, of := range []struct{ about, reached string }{
		{"select application_key as name from main.applications where application_key in (select application_key from closure.nodes)", "application_key = '%s'"},
		{"select manager_identity_key as name from main.identities where manager_identity_key is not null group by all order by count(*), 1 limit 3",
			"identity_key in (select identity_key from main.identities where manager_identity_key = '%s')"},
	} {
		for _, key := range f.texts(t, of.about) {
			reached := fmt.Sprintf("select "+columns+" from main.effective_access where effect = 'allow' and "+of.reached, key)
			pack := fmt.Sprintf("select "+columns+" from to_review('%s')", key)
			row := f.query(t, fmt.Sprintf("select (select count(*) from (%[1]s)) as n, (select count(*) from (%[1]s except all %[2]s)) + (select count(*) from (%[2]s except all %[1]s)) as wrong", reached, pack))[0]
			if row["wrong"] != float64(0) {
				t.Errorf("the pack of %s and what is reached differ in %v rows of %v", key, row["wrong"], row["n"])
			}
			if row["n"] != float64(0) {
				tried++
			}
			bad := f.query(t, fmt.Sprintf(`select count(*) as n from to_review('%s') p
				where p.reviewer_email = p.person_email or p.reviewer_email in (select email from main.identities where status = 'terminated')`, key))
			if bad[0]["n"] != float64(0) {
				t.Errorf("%v rows of the pack of %s are to be decided by the person, or by somebody who has left", bad[0]["n"], key)
			}
		}
	}
	if tried < 4 {
		t.Errorf("only %d packs have rows", tried)
	}
}
