package sailpoint_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
)

func items(from, n int) string {
	var list []map[string]any
	for i := range n {
		list = append(list, map[string]any{"id": fmt.Sprintf("in-%04d", from+i), "role": map[string]any{"id": fmt.Sprint("role-", from+i), "name": "n"}})
	}
	if list == nil {
		return "[]"
	}
	data, _ := json.Marshal(list)
	return string(data)
}

func counted(n, from, records int) http.HandlerFunc {
	return total(fmt.Sprint(n), items(from, records))
}

func total(n, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", n)
		scripted.JSON(200, body)(w, r)
	}
}

// pages are full ones with so many records in all; only the first tells the total.
func pages(total, records int) []http.HandlerFunc {
	out := []http.HandlerFunc{counted(total, 0, 250)}
	for from := 250; from < records; from += 250 {
		out = append(out, scripted.JSON(200, items(from, 250)))
	}
	return out
}

// The vendor's own sentence stays in the message, whatever form it has, one
// line, without secrets and with an end.
func TestLists_vendorsOwnWords(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"standard":              {`{"detailCode":"400.1 Bad Request Content","messages":[{"text":"bad sorter"}]}`, "400.1 Bad Request Content: bad sorter"},
		"error object":          {`{"error":{"code":7,"message":"no such index"}}`, "no such index"},
		"list of errors":        {`{"errors":[{"detail":"no such field"}]}`, "no such field"},
		"plain text":            {"Result window is too large,\n from + size must be less", "Result window is too large"},
		"a JSON text":           {`"sorry"`, "sorry"},
		"with a secret":         {`{"message":"client canary-secret may not"}`, "may not"},
		"with a signed URL":     {`{"message":"see https://x.example.com/a?X-Amz-Signature=canary"}`, "see https://x.example.com/…"},
		"a text without an end": {`{"message":"` + strings.Repeat("long ", 5000) + `"}`, "long …"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.api.On("GET /v2025/role-insights", scripted.Body(400, "text/plain", c.body))
			e := b.run(job("role_insights", "role_insights"))["role_insights"]
			if !strings.Contains(e.Error, c.want) || strings.ContainsAny(e.Error, "\n") || len(e.Error) > 1000 {
				t.Errorf("%q lacks %q", e.Error, c.want)
			}
		})
	}
}

// A role's list with fewer records than the vendor counts for the role is not
// whole, and the sibling list is.
func TestRoleMining_listsShorterThanTheRoleCounts(t *testing.T) {
	const base = "GET /v2025/role-mining-sessions/" + s1
	list := func(n int) string {
		return strings.ReplaceAll(items(0, n), `"role":{`, `"entitlementRef":{`)
	}
	for name, c := range map[string]struct {
		roles                        int // as the session counts
		identities, entitlements     int // as the role counts
		script                       func(b *bench)
		failed, complete, text, also string
	}{
		"identities": {1, 3, 2, func(b *bench) {
			b.api.On(base+"/potential-roles/"+r1+"/identities", scripted.Times(2, scripted.JSON(200, list(2)))...).
				On(base+"/potential-roles/"+r1+"/entitlement-popularities", scripted.JSON(200, list(2)))
		}, "potential_role_identities", "potential_role_entitlements", "2 records came where the vendor counts 3", ""},
		"entitlements refused": {1, 2, 2, func(b *bench) {
			b.api.On(base+"/potential-roles/"+r1+"/identities", scripted.JSON(200, list(2))).
				On(base+"/potential-roles/"+r1+"/entitlement-popularities", scripted.JSON(404, `{"messages":[{"text":"Gone fishing."}]}`))
		}, "potential_role_entitlements", "potential_role_identities", "Gone fishing.", ""},
		"roles of a session": {2, 2, 2, func(b *bench) {
			b.api.On(base+"/potential-role-summaries", scripted.JSON(200, `[{"id":"`+r1+`","name":"n"}]`)) // read again
		}, "potential_roles", "role_mining_sessions", "1 records came where the vendor counts 2", "potential_role_identities"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.conf.RoleMining.Route = "lists"
			b.api.On("GET /v2025/role-mining-sessions", scripted.JSON(200, []any{map[string]any{"id": s1, "potentialRoleCount": c.roles, "status": map[string]any{"state": "POTENTIAL_ROLES_CREATED"}}})).
				On(base+"/potential-role-summaries", scripted.JSON(200, []any{map[string]any{"id": r1, "name": "n", "identityCount": c.identities, "entitlementCount": c.entitlements}}))
			c.script(b)
			got := b.run(mining())
			if e := got[c.failed]; e.Complete || e.Failure != schemas.FailureVendor || !strings.Contains(e.Error, c.text) {
				t.Errorf("%s: complete %v, %s", c.failed, e.Complete, e.Error)
			}
			if c.also != "" && got[c.also].Complete {
				t.Errorf("%s is complete", c.also)
			}
			if e := got[c.complete]; !e.Complete {
				t.Errorf("%s: %s", c.complete, e.Error)
			}
		})
	}
}
