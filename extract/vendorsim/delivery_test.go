package vendorsim

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim/balkanid"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
	"github.com/accessmart/accessmart/extract/vendorsim/oleria"
)

// delivered turns a payload into rows by column, by rules of this file only.
func delivered(t testing.TB, payload string) (columns []string, rows [][]string) {
	t.Helper()
	if strings.HasPrefix(payload, "\x1f\x8b") {
		payload = gunzip(t, payload)
	}
	if !strings.HasPrefix(payload, "[") && !strings.HasPrefix(payload, "{") {
		all := readCSV(t, payload)
		return all[0], all[1:]
	}
	d := json.NewDecoder(strings.NewReader(payload))
	d.UseNumber()
	var objects []map[string]any
	if payload[0] == '[' {
		if err := d.Decode(&objects); err != nil {
			t.Fatal(err)
		}
	} else {
		for d.More() {
			var o map[string]any
			if err := d.Decode(&o); err != nil {
				t.Fatal(err)
			}
			objects = append(objects, o)
		}
	}
	for _, o := range objects {
		if columns == nil {
			for k := range o {
				columns = append(columns, k)
			}
		}
		var row []string
		for _, k := range columns {
			row = append(row, cellText(o[k]))
		}
		rows = append(rows, row)
	}
	return columns, rows
}

// same checks that the delivered rows are the oracle's, in its order, and
// gives those that are not: bad records.
func same(t testing.TB, want Table, columns []string, rows [][]string) (strangers [][]string) {
	t.Helper()
	place := map[string]int{}
	for i, c := range columns {
		place[normal(c)] = i
	}
	if len(columns) != len(want.Columns) {
		t.Errorf("%s: %d columns, want %d", want.Dataset, len(columns), len(want.Columns))
		return nil
	}
	next := 0
	for _, row := range rows {
		if next < len(want.Rows) && equalRow(want.Columns, want.Rows[next].Cells, place, row) {
			next++
			continue
		}
		strangers = append(strangers, row)
	}
	if next != len(want.Rows) {
		t.Errorf("%s: record %d (%s) is missing or differs", want.Dataset, next, want.Rows[next].Key)
	}
	return strangers
}

func equalRow(columns, cells []string, place map[string]int, row []string) bool {
	for i, c := range columns {
		k, ok := place[normal(c)]
		if !ok || row[k] != cells[i] {
			return false
		}
	}
	return true
}

func TestOleria_everyContextDeliversTheOracle(t *testing.T) {
	v := visit(t, Config{})
	token := v.oleriaToken()
	if len(oleria.Contexts) != 36 {
		t.Fatalf("%d contexts", len(oleria.Contexts))
	}
	for generation := range 2 {
		for _, context := range oleria.Contexts {
			dataset := oleria.Dataset(context)
			want, ok := v.sim.Table(dataset, generation)
			if !ok || len(want.Rows) == 0 {
				t.Errorf("%s: no records", dataset)
				continue
			}
			columns, rows := delivered(t, v.oleria(token, `{"context":"`+context+`"}`))
			bad := same(t, want, columns, rows)
			if len(bad) != v.sim.Truth().Rejects[dataset] {
				t.Errorf("%s: %d bad records, want %d", dataset, len(bad), v.sim.Truth().Rejects[dataset])
			}
		}
		v.sim.Advance()
	}
}

func TestOleria_payloadForms(t *testing.T) {
	v := visit(t, Config{People: 600})
	token := v.oleriaToken()
	form := func(context string) string { return v.oleria(token, `{"context":"`+context+`"}`) }
	for context, start := range map[string]string{
		"employees": "\ufeffEmployee Name,Email,", "accessInventoryIdentitiesV2": `[{"identityName":`, "accessInventoryGroupsV2": `{"groupName":`,
		"groupUtilizationAccounts": "\x1f\x8b", "risksV2": "Risk Description,Recommendation,", "accessInventoryApplicationAccountsV2": "Account Name,Email,Account Type,User ID,",
	} {
		if p := form(context); !strings.HasPrefix(p, start) {
			t.Errorf("%s begins with %.40q", context, p)
		}
	}
	if p := form("accessRequests"); !strings.Contains(p, "\r\n") || !strings.Contains(p, "colleague,\nuntil") {
		t.Error("accessRequests lacks CRLF or a cell of two lines")
	}
	if p := form("accessInventoryIdentitiesV2"); !strings.Contains(p, `+"`) {
		t.Error("no dormant days with a plus")
	}
}

func TestOleria_filters(t *testing.T) {
	v := visit(t, Config{})
	token := v.oleriaToken()
	ask := func(params string) [][]string {
		_, rows := delivered(t, v.oleria(token, `{"context":"employees","params":`+params+`}`))
		return rows
	}
	it := ask(`{"filterBy":[{"dataType":"string","field":"department","filterType":"eq","values":["Engineering"]}],"sortBy":[{"field":"email","sortType":"desc"}]}`)
	if len(it) == 0 {
		t.Fatal("no engineers")
	}
	for i, r := range it {
		if r[2] != "Engineering" || i > 0 && r[1] > it[i-1][1] {
			t.Fatalf("row %d: %v", i, r)
		}
	}
	rest := ask(`{"filterBy":[{"dataType":"string","field":"department","filterType":"notIn","values":["Engineering"]}]}`)
	if all := len(v.sim.Records("oleria.employees", 0)); len(it)+len(rest) != all {
		t.Errorf("%d + %d of %d", len(it), len(rest), all)
	}
	r := v.want(201, v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"employees","params":{"sortBy":[{"field":"shoeSize","sortType":"asc"}]}}`, token...))
	u := v.server.OleriaURL + "/v1/downloads/" + r.json(t)["id"].(string)
	v.do("GET", u, "", token...)
	if got := v.do("GET", u, "", token...).json(t); got["status"] != "failed" || got["error"] == nil {
		t.Errorf("unknown field: %v", got)
	}
}

// looseCSV reads line by line and drops lines that a strict reader refuses:
// the broken forms of BalkanID have no line breaks in their cells.
func looseCSV(t testing.TB, payload string) (columns []string, rows [][]string, broken []string) {
	t.Helper()
	for line := range strings.Lines(strings.TrimPrefix(payload, "\ufeff")) {
		fields, err := csv.NewReader(strings.NewReader(line)).Read()
		switch {
		case err != nil || columns != nil && len(fields) != len(columns):
			broken = append(broken, strings.TrimRight(line, "\r\n"))
		case columns == nil:
			columns = fields
		default:
			rows = append(rows, fields)
		}
	}
	return columns, rows, broken
}

func TestBalkanID_everyPathDeliversTheOracle(t *testing.T) {
	v := visit(t, Config{People: 600})
	for generation := range 2 {
		for _, path := range balkanid.Paths {
			switch path {
			case "entity-rbac", "entitlements":
				continue
			}
			dataset, body := balkanid.Dataset(path), "{}"
			if path == "requests" {
				body = `{"includeCompleted":true}`
			}
			want, _ := v.sim.Table(dataset, generation)
			columns, rows, broken := looseCSV(t, v.balkanid(path, body))
			want, damaged := apart(v.sim.at(generation).table(dataset), want)
			strangers := same(t, want, columns, rows)
			bad := len(strangers) + len(broken) - len(damaged)
			if len(want.Rows) == 0 || bad != v.sim.Truth().Rejects[dataset] {
				t.Errorf("%s: %d records, %d bad and %d damaged, want %d", dataset, len(rows), bad, len(damaged), v.sim.Truth().Rejects[dataset])
			}
			for key := range damaged {
				native, _, _ := strings.Cut(key, "/")
				if !strings.Contains(strings.Join(broken, "\n"), native) {
					t.Errorf("%s: damaged record %s is not among the broken lines", dataset, key)
				}
			}
		}
		v.sim.Advance()
	}
}

// apart takes the rows with damaged cells out of a table.
func apart(t *export.Table, want Table) (Table, map[string]export.Damage) {
	damaged := map[string]export.Damage{}
	var whole []Row
	for i, r := range t.Rows {
		if r.Damage != export.Intact {
			damaged[r.Key] = r.Damage
		} else {
			whole = append(whole, want.Rows[i])
		}
	}
	want.Rows = whole
	return want, damaged
}

func TestBalkanID_entitlementsPerIntegration(t *testing.T) {
	v := visit(t, Config{})
	want, _ := v.sim.Table("balkanid.entitlements", 0)
	_, integrations, _ := looseCSV(t, v.balkanid("integrations", "{}"))
	total := 0
	for _, in := range integrations {
		part := want
		part.Rows = nil
		for _, r := range want.Rows {
			if r.Part == in[0] {
				part.Rows = append(part.Rows, r)
			}
		}
		columns, rows := delivered(t, v.balkanid("entitlements", `{"integrationId":"`+in[0]+`"}`))
		if bad := same(t, part, columns, rows); len(bad) > 0 {
			t.Errorf("%s: strangers %v", in[0], bad)
		}
		if in[4] == "inactive" && len(rows) != 0 {
			t.Errorf("%s is idle but has %d rows", in[0], len(rows))
		}
		total += len(rows)
	}
	if total != len(want.Rows) {
		t.Errorf("%d rows over all integrations, want %d", total, len(want.Rows))
	}
}

func TestBalkanID_openRequestsOnly(t *testing.T) {
	v := visit(t, Config{})
	_, rows, _ := looseCSV(t, v.balkanid("requests", `{"includeCompleted":false}`))
	all := v.sim.Records("balkanid.requests", 0)
	if len(rows) == 0 || len(rows) >= len(all)/2 {
		t.Errorf("%d open of %d", len(rows), len(all))
	}
	for _, r := range rows {
		if r[7] != "" {
			t.Errorf("request %s is provisioned", r[0])
		}
	}
}

func TestBalkanID_entityRBACIsAnArchive(t *testing.T) {
	v := visit(t, Config{})
	members := unzip(t, v.balkanid("entity-rbac", "{}"))
	want, _ := v.sim.Table("balkanid.entity_rbac", 0)
	columns, rows := delivered(t, members["rbac_entities.csv"])
	if bad := same(t, want, columns, rows); len(bad) > 0 || len(members) != 2 {
		t.Errorf("members %d, strangers %v", len(members), bad)
	}
}

func TestBalkanID_headersAreStarred(t *testing.T) {
	v := visit(t, Config{})
	for path, start := range map[string]string{
		"requests": "Request ID*,Requester*,Username*,Work Email*,Reference,Duration,", "entities": "\ufeffBRN*,Timestamp*,App*,", "apps": "Tenant ID,Tenant Name,",
		"employees": "Employee ID,Full Name,First Name,Last Name,Work Email*,",
	} {
		body := "{}"
		if path == "requests" {
			body = `{"includeCompleted":true}`
		}
		if p := v.balkanid(path, body); !strings.HasPrefix(p, start) {
			t.Errorf("%s begins with %.80q", path, p)
		}
	}
}
