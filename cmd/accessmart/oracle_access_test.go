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
