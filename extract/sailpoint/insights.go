package sailpoint

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/accessmart/accessmart/extract"
)

// insight is what is read of a row of GET /role-insights.
type insight struct {
	ID   string `json:"id"`
	Role struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"role"`
}

// roleInsights lists the insights and downloads the entitlement changes of
// each. The service computes them nightly by itself; nothing is asked to be
// computed.
func (v *vendor) roleInsights(ctx context.Context, t *extract.Task) error {
	records, err := t.List(ctx, extract.List{Part: extract.Part{Key: "insights", Datasets: []string{"role_insights"},
		Request: v.list("numberOfUpdates", "role-insights")}})
	if err != nil {
		return err
	}
	t.Done("role_insights")
	if !t.Wants("entitlement_changes") {
		return nil
	}
	t.Listed("sailpoint.role_insights", "entitlement_changes")
	insights := make([]insight, len(records))
	for i, raw := range records {
		if err := json.Unmarshal(raw, &insights[i]); err != nil || insights[i].ID == "" {
			return extract.Broken(extract.StepList, "a role insight has no id, or its role is not an object")
		}
	}
	return t.Each(ctx, len(insights), func(ctx context.Context, i int) error {
		in := insights[i]
		_, err := t.Download(ctx, extract.Part{
			Key: "changes/" + in.ID, Datasets: []string{"entitlement_changes"},
			Context: map[string]string{"insight_id": in.ID, "role_id": in.Role.ID, "role_name": in.Role.Name},
			Request: extract.Request{Step: extract.StepDownload, Method: http.MethodGet, Accept: "text/csv",
				Path: v.path("role-insights", in.ID, "entitlement-changes", "download")},
		})
		return err
	})
}
