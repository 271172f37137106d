package vendorsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/export"
	"github.com/accessmart/accessmart/extract/vendorsim/oleria"
)

// plain is the payload of a dataset as it arrives when nothing goes wrong.
func (v *visitor) plain(dataset string) string {
	return string(v.sim.now().table(dataset).Payload(export.Everything))
}

// finished runs an Oleria download up to its signed URL.
func (v *visitor) finished(token []string) string {
	v.Helper()
	id := v.want(201, v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"employees"}`, token...)).json(v)["id"].(string)
	for {
		j := v.want(200, v.do("GET", v.server.OleriaURL+"/v1/downloads/"+id, "", token...)).json(v)
		if u, ok := j["url"].(string); ok {
			return u
		}
	}
}

func TestFaults_ofRequests(t *testing.T) {
	v := visit(t, Config{})
	token := v.oleriaToken()
	whole := v.plain("oleria.employees")
	date := time.Date(2026, 3, 2, 9, 0, 30, 0, time.UTC)
	for _, c := range []struct {
		fault Fault
		check func(r reply) error
	}{
		{ExpiredURL(), func(r reply) error { return expect(r.status == 403 && strings.Contains(r.body, "expired")) }},
		{TooMany("7"), func(r reply) error { return expect(r.status == 429 && r.header.Get("Retry-After") == "7") }},
		{TooMany(""), func(r reply) error { return expect(r.status == 429 && r.header.Get("Retry-After") == "") }},
		{TooManyUntil(date), func(r reply) error {
			return expect(r.status == 429 && r.header.Get("Retry-After") == "Mon, 02 Mar 2026 09:00:30 GMT")
		}},
		{Status(500), func(r reply) error { return expect(r.status == 500) }},
		{Status(503), func(r reply) error { return expect(r.status == 503) }},
		{HTMLPage(200), func(r reply) error { return expect(r.status == 200 && strings.HasPrefix(r.body, "<!DOCTYPE")) }},
		{HTMLPage(502), func(r reply) error { return expect(r.status == 502 && strings.HasPrefix(r.body, "<!DOCTYPE")) }},
		{EmptyBody(), func(r reply) error { return expect(r.status == 200 && r.body == "" && r.err == nil) }},
		{Payload([]byte("PK\x03\x04")), func(r reply) error { return expect(r.status == 200 && r.body == "PK\x03\x04" && r.err == nil) }},
		{Redirect(307, "http://elsewhere.example.com/"), func(r reply) error { return expect(r.status == 307 && r.header.Get("Location") != "") }},
		{DropBeforeHeaders(), func(r reply) error { return expect(r.status == 0 && r.err != nil) }},
		{DropAfterHeaders(), func(r reply) error {
			return expect(r.status == 200 && r.body == "" && errors.Is(r.err, io.ErrUnexpectedEOF))
		}},
		{Truncated(0.5), func(r reply) error {
			return expect(r.status == 200 && len(r.body) == len(whole)/2 && errors.Is(r.err, io.ErrUnexpectedEOF) && r.header.Get("Content-Length") == fmt.Sprint(len(whole)))
		}},
		{Truncated(1), func(r reply) error {
			return expect(len(r.body) == len(whole)-1 && errors.Is(r.err, io.ErrUnexpectedEOF))
		}},
		{WrongLength(9), func(r reply) error {
			return expect(r.body == whole && errors.Is(r.err, io.ErrUnexpectedEOF) && r.header.Get("Content-Length") == fmt.Sprint(len(whole)+9))
		}},
		{WrongLength(-9), func(r reply) error { return expect(r.body == whole[:len(whole)-9] && r.err == nil) }},
	} {
		v.sim.ClearFaults()
		v.sim.ForgetRequests()
		v.sim.Faults(Rule{Vendor: "storage", Dataset: "oleria.employees", Fault: c.fault})
		u := v.finished(token)
		if err := c.check(v.do("GET", u, "")); err != nil {
			t.Errorf("%s: %v", c.fault, err)
		}
		log := v.sim.Requests()
		if last := log[len(log)-1]; last.Fault != c.fault.String() || last.Vendor != "storage" || last.Query != "" {
			t.Errorf("%s: log says %+v", c.fault, last)
		}
		if r := v.want(200, v.do("GET", u, "")); r.body != whole {
			t.Errorf("%s: second try differs", c.fault)
		}
	}
}

func expect(ok bool) error {
	if !ok {
		return errors.New("not as expected")
	}
	return nil
}

func TestFaults_ruleChoosesTheRequest(t *testing.T) {
	v := visit(t, Config{Polls: -1})
	token := v.oleriaToken()
	v.sim.Faults(Rule{Vendor: "oleria", Method: "GET", Path: "/v1/*", Dataset: "oleria.risks*", Skip: 1, Times: 2, Fault: Status(503)})
	statuses := func(context string) (out []int) {
		id := v.want(201, v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"`+context+`"}`, token...)).json(t)["id"].(string)
		for range 4 {
			out = append(out, v.do("GET", v.server.OleriaURL+"/v1/downloads/"+id, "", token...).status)
		}
		return out
	}
	if got := fmt.Sprint(statuses("employees"), statuses("risksV2"), statuses("risks")); got != "[200 200 200 200] [200 503 503 200] [200 200 200 200]" {
		t.Error(got)
	}
	v.sim.Faults(Rule{Vendor: "oleria", Times: -1, Fault: Status(500)})
	v.want(500, v.do("GET", v.server.OleriaURL+"/v1/downloads/x", "", token...))
	v.want(500, v.do("GET", v.server.OleriaURL+"/v1/downloads/x", "", token...))
	v.sim.ClearFaults()
	v.want(400, v.do("GET", v.server.OleriaURL+"/v1/downloads/x", "", token...))
}

func TestFaults_vendorsKeepTheirErrorForms(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()
	v.sim.Faults(
		Rule{Vendor: "sailpoint", Fault: TooMany("1")}, Rule{Vendor: "sailpoint", Fault: Status(500)},
		Rule{Vendor: "balkanid", Fault: Status(500)},
	)
	if r := v.want(429, v.do("GET", v.server.SailPointURL+"/v2024/role-insights", "", token...)); r.body != `{"message":" Rate Limit Exceeded "}` {
		t.Error(r.body)
	}
	if r := v.want(500, v.do("GET", v.server.SailPointURL+"/v2024/role-insights", "", token...)); r.json(t)["trackingId"] == nil {
		t.Error(r.body)
	}
	v.want(500, v.do("POST", v.server.BalkanIDURL+"/api/rest/v0/apps/download-url", "{}", v.balkanidKeys()...))
}

func TestFaults_ofTokens(t *testing.T) {
	v := visit(t, Config{})
	v.sim.Faults(Rule{Path: oleria.TokenPath, Fault: RefuseToken()})
	v.want(401, v.form(v.server.OleriaTokenURL, v.oleriaFields()))
	token := v.oleriaToken()
	v.sim.Faults(Rule{Vendor: "oleria", Path: "/v1/*", Fault: ExpireToken()})
	api := v.server.OleriaURL + "/v1/downloads"
	v.want(401, v.do("POST", api, `{"context":"employees"}`, token...))
	v.want(401, v.do("POST", api, `{"context":"employees"}`, token...))
	token = v.oleriaToken()
	v.want(201, v.do("POST", api, `{"context":"employees"}`, token...))
	v.server.ExpireTokens()
	v.want(401, v.do("POST", api, `{"context":"employees"}`, token...))
}

func TestFaults_ofJobs(t *testing.T) {
	v := visit(t, Config{})
	sail, oleria := v.sailpointToken(), v.oleriaToken()
	role := v.sim.now().sailpoint.Summaries[0]
	start := map[string]func() func() string{
		"oleria": func() func() string {
			id := v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"employees"}`, oleria...).json(t)["id"].(string)
			return func() string {
				return v.do("GET", v.server.OleriaURL+"/v1/downloads/"+id, "", oleria...).json(t)["status"].(string)
			}
		},
		"mining": func() func() string {
			base := v.server.SailPointURL + "/v2024/role-mining-sessions/" + role.Part + "/potential-roles/" + role.Key + "/export-async"
			id := v.do("POST", base, "", sail...).json(t)["exportId"].(string)
			return func() string { return v.do("GET", base+"/"+id, "", sail...).json(t)["status"].(string) }
		},
		"config": func() func() string {
			base := v.server.SailPointURL + "/v2024/sp-config/export"
			id := v.do("POST", base, "{}", sail...).json(t)["jobId"].(string)
			return func() string { return v.do("GET", base+"/"+id, "", sail...).json(t)["status"].(string) }
		},
		"balkanid": func() func() string {
			u := v.do("POST", v.server.BalkanIDURL+"/api/rest/v0/apps/download-url", "{}", v.balkanidKeys()...).json(t)["pollingUrl"].(string)
			return func() string { return fmt.Sprint(v.do("HEAD", u, "").status) }
		},
	}
	for _, c := range []struct {
		kind  string
		fault Fault
		want  string
	}{
		{"oleria", SlowJob(3), "accepted accepted accepted completed"},
		{"oleria", FailJob("E1", "no"), "accepted failed failed failed"},
		{"oleria", JobStatus("queued"), "queued queued queued queued"},
		{"mining", SlowJob(3), "QUEUED IN_PROGRESS IN_PROGRESS SUCCESS"},
		{"mining", FailJob("", ""), "IN_PROGRESS ERROR ERROR ERROR"},
		{"mining", JobStatus("PAUSED"), "PAUSED PAUSED PAUSED PAUSED"},
		{"config", SlowJob(3), "NOT_STARTED IN_PROGRESS IN_PROGRESS COMPLETE"},
		{"config", FailJob("", "out of order"), "IN_PROGRESS FAILED FAILED FAILED"},
		{"config", JobStatus("CANCELLED"), "CANCELLED CANCELLED CANCELLED CANCELLED"},
		{"balkanid", SlowJob(3), "404 404 404 200"},
		{"balkanid", FailJob("", ""), "404 404 404 404"},
		{"balkanid", JobStatus("410"), "410 410 410 410"},
	} {
		v.sim.ClearFaults()
		v.sim.Faults(Rule{Fault: c.fault})
		poll := start[c.kind]()
		var got []string
		for range 4 {
			got = append(got, poll())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s with %s: %s, want %s", c.kind, c.fault, s, c.want)
		}
	}
}

func TestFaults_failedJobsTellWhy(t *testing.T) {
	v := visit(t, Config{Polls: -1})
	v.sim.Faults(Rule{Vendor: "oleria", Fault: FailJob("EXPORT_TOO_LARGE", "try a filter")}, Rule{Vendor: "sailpoint", Fault: FailJob("", "lock held")})
	token := v.oleriaToken()
	id := v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"employees"}`, token...).json(t)["id"].(string)
	if got := fmt.Sprint(v.do("GET", v.server.OleriaURL+"/v1/downloads/"+id, "", token...).json(t)["error"]); got != "map[code:EXPORT_TOO_LARGE message:try a filter]" {
		t.Error(got)
	}
	if got := v.config(v.sailpointToken(), "{}")["message"]; got != "lock held" {
		t.Error(got)
	}
}

func TestFaults_dripWaitsForTheGate(t *testing.T) {
	v := visit(t, Config{})
	whole := v.plain("oleria.employees")
	gate := make(chan struct{})
	v.sim.Faults(Rule{Vendor: "storage", Times: 2, Fault: Drip(gate, 100)})
	u := v.finished(v.oleriaToken())

	got := make(chan reply)
	go func() { got <- v.do("GET", u, "") }()
	for range 3 {
		gate <- struct{}{} // each receive lets one piece through
	}
	select {
	case r := <-got:
		t.Fatalf("came whole before the gate opened: %d bytes", len(r.body))
	default:
	}

	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", u, nil)
	resp, err := v.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	gate <- struct{}{} // either of the two gets it
	cancel()
	resp.Body.Close()

	close(gate)
	if r := <-got; r.body != whole || r.err != nil {
		t.Errorf("%d bytes of %d, %v", len(r.body), len(whole), r.err)
	}
}

func TestFaults_andLogHoldUnderConcurrency(t *testing.T) {
	v := visit(t, Config{Polls: -1})
	token := v.oleriaToken()
	v.sim.ForgetRequests()
	v.sim.Faults(Rule{Method: "POST", Times: 10, Fault: Status(500)})
	var wg sync.WaitGroup
	results := make(chan int, 40)
	for range 40 {
		wg.Go(func() {
			results <- v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"identities"}`, token...).status
		})
	}
	wg.Go(v.sim.Advance)
	wg.Wait()
	close(results)
	failed := 0
	for s := range results {
		if s == 500 {
			failed++
		}
	}
	if n := v.sim.CountRequests("oleria", "POST", "/v1/downloads"); failed != 10 || n != 40 {
		t.Errorf("%d failed, %d logged", failed, n)
	}
	for i, r := range v.sim.Requests() {
		if r.N != i+1 || !r.Authorization || r.APIKey || r.Dataset != "oleria.identities" {
			t.Fatalf("line %d: %+v", i, r)
		}
	}
}

func TestJobs_keepTheirGeneration(t *testing.T) {
	v := visit(t, Config{Polls: -1})
	token := v.oleriaToken()
	before := v.plain("oleria.employees")
	id := v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"employees"}`, token...).json(t)["id"].(string)
	v.sim.Advance()
	u := v.do("GET", v.server.OleriaURL+"/v1/downloads/"+id, "", token...).json(t)["url"].(string)
	if v.do("GET", u, "").body != before || v.plain("oleria.employees") == before {
		t.Error("the job delivers another generation than it began with")
	}
}

func TestFaults_hangEndsWithTheGate(t *testing.T) {
	v := visit(t, Config{})
	gate := make(chan struct{})
	v.sim.Faults(Rule{Vendor: "oleria", Path: oleria.TokenPath, Times: 2, Fault: Hang(gate)})
	got := make(chan reply)
	go func() { got <- v.form(v.server.OleriaTokenURL, v.oleriaFields()) }()
	gate <- struct{}{}
	v.want(200, <-got)

	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", v.server.OleriaTokenURL, nil)
	go func() {
		resp, err := v.http.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		got <- reply{err: err}
	}()
	cancel()
	if r := <-got; r.err == nil {
		t.Error("answered though nobody opened the gate")
	}
}

func TestJobs_haveIDsOfTheirOwn(t *testing.T) {
	ask := func(contexts ...string) (ids []string) {
		v := visit(t, Config{})
		token := v.oleriaToken()
		for _, c := range contexts {
			ids = append(ids, v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"`+c+`"}`, token...).json(t)["id"].(string))
		}
		return ids
	}
	a, b := ask("risks", "employees", "risks"), ask("employees", "risks", "risks")
	if a[0] == a[2] || a[0] == a[1] || a[1] != b[0] || a[0] != b[1] || a[2] != b[2] {
		t.Errorf("ids %v and %v", a, b)
	}
}
