package sailpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Datasets of the job role_mining.
const (
	sessionsPlural     = "role_mining_sessions"
	rolesPlural        = "potential_roles"
	identitiesPlural   = "potential_role_identities"
	entitlementsPlural = "potential_role_entitlements"
)

// minedState is the one state of a session that has results. There is no
// failure state.
const minedState = "POTENTIAL_ROLES_CREATED"

// session is what is read of a role-mining session. In the v2024 and later
// specifications the list has neither id nor status; the status is asked for
// then, and a missing id is an error.
type session struct {
	ID     string  `json:"id"`
	Name   *string `json:"name"`
	Roles  *int64  `json:"potentialRoleCount"`
	Status *struct {
		State string `json:"state"`
	} `json:"status"`
}

// potentialRole is what is read of a potential role summary.
type potentialRole struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	IdentityCount    *int64 `json:"identityCount"`
	EntitlementCount *int64 `json:"entitlementCount"`

	session string
}

func (v *vendor) roleMining(ctx context.Context, t *extract.Task) error {
	sessions, err := v.sessions(ctx, t)
	if err != nil {
		return err
	}
	if !t.Wants(rolesPlural, identitiesPlural, entitlementsPlural) {
		return nil
	}
	roles, err := v.potentialRoles(ctx, t, sessions)
	if err != nil {
		return err
	}
	if !t.Wants(identitiesPlural, entitlementsPlural) {
		return nil
	}
	if roles, err = v.named(t, roles); err != nil {
		return err
	}
	if v.conf.RoleMining.Route == "lists" {
		return v.roleLists(ctx, t, roles)
	}
	return t.Each(ctx, len(roles), func(ctx context.Context, i int) error { return v.roleArchive(ctx, t, roles[i]) })
}

// sessions lists all sessions and returns those to look into.
func (v *vendor) sessions(ctx context.Context, t *extract.Task) ([]session, error) {
	records, err := t.List(ctx, extract.List{Part: extract.Part{Key: "sessions", Datasets: []string{sessionsPlural},
		Request: v.list("createdDate", "role-mining-sessions")}})
	if err != nil {
		return nil, err
	}
	t.Done(sessionsPlural)
	want := v.conf.RoleMining.Sessions
	if len(want) > 0 {
		t.Filtered(rolesPlural, identitiesPlural, entitlementsPlural)
	} else {
		t.Listed("sailpoint."+sessionsPlural, rolesPlural)
		t.Listed("sailpoint."+rolesPlural, identitiesPlural, entitlementsPlural)
	}
	met := map[string]bool{}
	var out []session
	for _, raw := range records {
		var s session
		if err := json.Unmarshal(raw, &s); err != nil || s.ID == "" {
			return nil, extract.Broken(extract.StepList, "a role-mining session has no id")
		}
		if len(want) > 0 && !pick(want, met, s.ID, s.Name) {
			continue
		}
		ok, err := v.finished(ctx, t, s, len(want) > 0)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, s)
		}
	}
	return out, missing(t, "role_mining.sessions", want, met)
}

// finished reports whether a session has its results. One that has not has no
// potential roles at present, also when it had some before it was started
// anew; its state is in the list of sessions. A session that the user named
// must be finished.
func (v *vendor) finished(ctx context.Context, t *extract.Task, s session, named bool) (bool, error) {
	var state string
	if s.Status != nil {
		state = s.Status.State
	}
	if state == "" {
		var answer struct {
			State string `json:"state"`
		}
		if err := t.Call(ctx, extract.Request{Step: extract.StepList, Method: http.MethodGet, Path: v.path("role-mining-sessions", s.ID, "status")}, &answer); err != nil {
			return false, err
		}
		state = answer.State
	}
	if state == minedState {
		return true, nil
	}
	if named {
		return false, &extract.Error{Step: extract.StepList, Failure: schemas.FailureNotReady,
			What: fmt.Sprintf("the role-mining session %s is not finished", s.ID),
			Hint: "wait until SailPoint shows it as finished, or take it out of role_mining.sessions"}
	}
	t.Warn(fmt.Sprintf("role-mining session %s is not finished: it has no potential roles for now", s.ID), rolesPlural, identitiesPlural, entitlementsPlural)
	return false, nil
}

// potentialRoles lists the potential roles of the sessions.
func (v *vendor) potentialRoles(ctx context.Context, t *extract.Task, sessions []session) ([]potentialRole, error) {
	found := make([][]potentialRole, len(sessions))
	err := t.Each(ctx, len(sessions), func(ctx context.Context, i int) error {
		id := sessions[i].ID
		records, err := t.List(ctx, extract.List{Part: extract.Part{Key: "roles/" + id, Datasets: []string{rolesPlural},
			Context: map[string]string{"session_id": id},
			Request: v.list("createdDate", "role-mining-sessions", id, "potential-role-summaries")}, Expect: sessions[i].Roles})
		if err != nil {
			return err
		}
		for _, raw := range records {
			r := potentialRole{session: id}
			if err := json.Unmarshal(raw, &r); err != nil || r.ID == "" {
				return extract.Broken(extract.StepList, "a potential role has no id, or a count is not a number")
			}
			found[i] = append(found[i], r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.Done(rolesPlural)
	return slices.Concat(found...), nil
}

// named keeps the potential roles that the user named, or all.
func (v *vendor) named(t *extract.Task, roles []potentialRole) ([]potentialRole, error) {
	m := v.conf.RoleMining
	if !m.common() || m.MinEntitlementPopularity > 0 {
		t.Filtered(entitlementsPlural)
	}
	if len(m.PotentialRoles) == 0 {
		return roles, nil
	}
	t.Filtered(identitiesPlural, entitlementsPlural)
	t.Listed("", identitiesPlural, entitlementsPlural)
	met := map[string]bool{}
	roles = slices.DeleteFunc(roles, func(r potentialRole) bool { return !pick(m.PotentialRoles, met, r.ID, &r.Name) })
	return roles, missing(t, "role_mining.potential_roles", m.PotentialRoles, met)
}

// pick reports whether an object is named by its id or name, and notes by which word.
func pick(want []string, met map[string]bool, id string, name *string) bool {
	ok := false
	for _, w := range want {
		if w == id || name != nil && w == *name {
			met[w], ok = true, true
		}
	}
	return ok
}

func missing(t *extract.Task, key string, want []string, met map[string]bool) error {
	for _, w := range want {
		if !met[w] && !t.Sampled() {
			return extract.Unusable(extract.StepList, "correct it, or take it out of the configuration", "%s: %q is not in the tenant, neither as id nor as name", key, w)
		}
	}
	return nil
}

// facts is what the contract columns and later checks know of a role.
func (r potentialRole) facts(allEntitlements bool) map[string]string {
	f := map[string]string{"session_id": r.session, "potential_role_id": r.ID, "potential_role_name": r.Name}
	if r.IdentityCount != nil {
		f["expected_identities"] = strconv.FormatInt(*r.IdentityCount, 10)
	}
	if r.EntitlementCount != nil && allEntitlements {
		f["expected_entitlements"] = strconv.FormatInt(*r.EntitlementCount, 10)
	}
	return f
}

// roleLists reads the roles by the JSON lists, for clients without the scope
// that starting an export needs. Either dataset fails by itself.
func (v *vendor) roleLists(ctx context.Context, t *extract.Task, roles []potentialRole) error {
	for _, d := range []struct {
		plural string
		list   func(potentialRole) extract.List
	}{{identitiesPlural, v.identities}, {entitlementsPlural, v.entitlements}} {
		if !t.Wants(d.plural) {
			continue
		}
		err := t.Each(ctx, len(roles), func(ctx context.Context, i int) error {
			_, err := t.List(ctx, d.list(roles[i]))
			return err
		})
		if err != nil {
			t.Fail(err, d.plural)
		}
	}
	return nil
}

// identities is the list of a role's identities.
func (v *vendor) identities(r potentialRole) extract.List {
	return extract.List{Part: extract.Part{Key: "identities/" + r.session + "/" + r.ID, Datasets: []string{identitiesPlural},
		Context: r.facts(v.conf.RoleMining.common()),
		Request: v.list("name", "role-mining-sessions", r.session, "potential-roles", r.ID, "identities")}, Expect: r.IdentityCount}
}

// entitlements is the list of a role's entitlements.
func (v *vendor) entitlements(r potentialRole) extract.List {
	ask := v.list("entitlementName,applicationName", "role-mining-sessions", r.session, "potential-roles", r.ID, "entitlement-popularities")
	ask.Query.Set("includeCommonAccess", strconv.FormatBool(v.conf.RoleMining.common()))
	l := extract.List{Part: extract.Part{Key: "entitlements/" + r.session + "/" + r.ID, Datasets: []string{entitlementsPlural},
		Context: r.facts(v.conf.RoleMining.common()), Request: ask}, ID: []string{"entitlementRef", "id"}}
	if v.conf.RoleMining.common() {
		l.Expect = r.EntitlementCount
	}
	return l
}

// counts are how many records the vendor counts in the archive of a role.
func (r potentialRole) counts(allEntitlements bool) map[string]int64 {
	n := map[string]int64{}
	if r.IdentityCount != nil {
		n[identitiesPlural] = *r.IdentityCount
	}
	if r.EntitlementCount != nil && allEntitlements {
		n[entitlementsPlural] = *r.EntitlementCount
	}
	return n
}

// exportRequest is the body of POST …/export-async.
type exportRequest struct {
	MinEntitlementPopularity int  `json:"minEntitlementPopularity"`
	IncludeCommonAccess      bool `json:"includeCommonAccess"`
}

// exportJob is the answer to it and to the polls.
type exportJob struct {
	ExportID string `json:"exportId"`
	Status   string `json:"status"`
}

// roleArchive gets the ZIP of one potential role, which holds a CSV of its
// identities and one of its entitlements.
func (v *vendor) roleArchive(ctx context.Context, t *extract.Task, r potentialRole) error {
	m := v.conf.RoleMining
	path := v.path("role-mining-sessions", r.session, "potential-roles", r.ID, "export-async")
	ask := extract.Request{Step: extract.StepSubmit, Method: http.MethodPost, Path: path,
		Body: exportRequest{m.MinEntitlementPopularity, m.common()},
		Hint: "starting an export needs the scope iai:access-modeling:manage; with a read-only client set role_mining.route: lists"}
	_, err := t.Async(ctx, extract.Async{
		Part: extract.Part{Key: "export/" + r.session + "/" + r.ID, Datasets: []string{identitiesPlural, entitlementsPlural},
			Context: r.facts(m.common() && m.MinEntitlementPopularity == 0), Expect: r.counts(m.common() && m.MinEntitlementPopularity == 0), Request: ask},
		Submit: func(ctx context.Context) (extract.Ticket, error) {
			var j exportJob
			if err := t.Call(ctx, ask, &j); err != nil {
				return extract.Ticket{}, err
			}
			if strings.TrimSpace(j.ExportID) == "" {
				return extract.Ticket{}, extract.Broken(extract.StepSubmit, "the answer to export-async has no exportId")
			}
			return extract.Ticket{ID: j.ExportID}, nil
		},
		Poll: func(ctx context.Context, k extract.Ticket) (extract.Ticket, bool, error) {
			var j exportJob
			err := t.Call(ctx, extract.Request{Step: extract.StepPoll, Method: http.MethodGet, Path: path + "/" + url.PathEscape(k.ID)}, &j)
			if err != nil {
				return k, false, err
			}
			ready, err := j.state()
			return k, ready, err
		},
		Fetch: func(k extract.Ticket) extract.Fetch {
			return extract.Fetch{Request: extract.Request{Step: extract.StepDownload, Method: http.MethodGet, Accept: "application/zip",
				Path: path + "/" + url.PathEscape(k.ID) + "/download"}}
		},
		Expired: []int{http.StatusNotFound},
	})
	return err
}

func (j exportJob) state() (bool, error) {
	switch j.Status {
	case "QUEUED", "IN_PROGRESS":
		return false, nil
	case "SUCCESS":
		return true, nil
	case "ERROR":
		return false, extract.Refused(extract.StepPoll, "SailPoint says the export of a potential role ended as ERROR, without a reason", "", "")
	case "":
		return false, extract.Broken(extract.StepPoll, "the answer has no status")
	}
	return false, extract.UnknownStatus(j.Status, "QUEUED, IN_PROGRESS, SUCCESS, ERROR")
}
