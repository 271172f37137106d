package vendorsim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestSailPoint_governanceDeliversTheOracle(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()
	for generation := range 2 {
		for _, api := range []string{"/v2026/%s", "/%s/v1"} {
			path := func(service, rest string) string { return strings.Replace(api, "%s", service, 1) + rest }
			lists := map[string][]map[string]any{}
			for dataset, service := range map[string]string{
				"access_request_status": "access-request-status", "access_request_administration": "access-request-administration", "campaigns": "campaigns", "certifications": "certifications",
				"sod_policies": "sod-policies", "sod_violations": "violations", "workgroups": "workgroups", "segments": "segments", "identity_profiles": "identity-profiles",
				"account_activities": "account-activities", "historical_identities": "historical-identities",
			} {
				lists[dataset] = v.sailpointAll(token, path(service, ""))
			}
			for dataset, of := range map[string][3]string{
				"access_review_items": {"certifications", "certifications", "access-review-items"}, "lifecycle_states": {"identity_profiles", "identity-profiles", "lifecycle-states"},
			} {
				for _, parent := range lists[of[0]] {
					lists[dataset] = append(lists[dataset], v.sailpointAll(token, path(of[1], "/"+parent["id"].(string)+"/"+of[2]))...)
				}
			}
			for dataset, list := range lists {
				var got []string
				for _, o := range list {
					text, err := json.Marshal(o)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, string(text))
				}
				sameSet(t, dataset, got, v.records(dataset, generation))
			}
		}
		v.sim.Advance()
	}
}

// records are those of the oracle, each with its members in order.
func (v *visitor) records(dataset string, generation int) (out []string) {
	v.Helper()
	for _, text := range v.sim.Records("sailpoint."+dataset, generation) {
		var o any
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			v.Fatal(err)
		}
		sorted, err := json.Marshal(o)
		if err != nil {
			v.Fatal(err)
		}
		out = append(out, string(sorted))
	}
	return out
}

func TestSailPoint_governanceHasTheVendorsLimits(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()
	group := slices.Sorted(maps.Keys(v.sim.Truth().Governed.Members))[0]
	for path, status := range map[string]int{
		"/v2025/workgroups/" + group + "/members?limit=50": 200, "/v2025/workgroups/" + group + "/members?limit=51": 400, "/v2025/workgroups/none/members?limit=50": 404,
		"/v2025/violations": 404, "/violations/v1": 200, "/v2026/violations": 200, "/v2025/historical-identities?count=true": 400, "/v2025/historical-identities": 200,
		"/v2025/segments?sorters=id": 400, "/v2025/outliers/export": 200, "/v2025/certifications/x/other": 404,
	} {
		if got := v.do("GET", v.server.SailPointURL+path, "", token...); got.status != status {
			t.Errorf("%s: %d, want %d: %s", path, got.status, status, got.body)
		}
	}
	if got := v.do("GET", v.server.SailPointURL+"/v2025/outliers/export", "", token[:2]...); got.status != 400 {
		t.Errorf("without the experimental header: %d", got.status)
	}
}

func TestSailPoint_outliersAreTwoFiles(t *testing.T) {
	v := visit(t, Config{})
	got := map[string]string{}
	for name, text := range unzip(t, v.want(200, v.do("GET", v.server.SailPointURL+"/v2025/outliers/export", "", v.sailpointToken()...)).body) {
		_, rows := delivered(t, text)
		for _, r := range rows {
			got[r[0]+" "+r[1]] = map[string]string{"outliers.csv": "open", "outliers-ignored.csv": "dismissed"}[name]
		}
	}
	if !maps.Equal(got, v.sim.Truth().Governed.Outliers) {
		t.Errorf("%v, want %v", got, v.sim.Truth().Governed.Outliers)
	}
}

// A violation is open exactly while somebody has both sides of the policy.
func TestTruth_violationsAreTheConflicts(t *testing.T) {
	s := company2(t)
	there := map[string]bool{}
	for _, c := range s.Truth().SoDConflicts {
		there[c.PolicyID+c.IdentityID] = true
	}
	open, ended := 0, 0
	for _, text := range s.Records("sailpoint.sod_violations", s.Generation()) {
		var o struct {
			Status         string
			Policy, Target struct{ ID string }
		}
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		switch has := there[o.Policy.ID+o.Target.ID]; {
		case has != (o.Status != "Remediated"):
			t.Errorf("%s has both sides: %v, but the violation is %s", o.Target.ID, has, o.Status)
		case has:
			open++
		default:
			ended++
		}
	}
	if open != len(there) || ended == 0 {
		t.Errorf("%d open of %d conflicts, %d ended", open, len(there), ended)
	}
}
