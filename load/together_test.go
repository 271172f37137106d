package load

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// One that fails holds those that refer to it, and those that refer to them,
// also where there were no rows yet; not those to which it refers.
func TestLoadTogether_failed(t *testing.T) {
	t.Parallel()
	const things, edgesOf, owners = "balkanid.entities", "balkanid.entity_relations", "balkanid.relations"
	table := func(d string) *schemas.Table {
		return &schemas.Table{Schema: "balkanid", Name: strings.TrimPrefix(d, "balkanid."), Comment: "c", Fields: vendorTable.Fields}
	}
	s := newPlainSite(t)
	run := func(broken string, failed []string, change ...func(*Options)) (statuses string, errs []error) {
		t.Helper()
		w := s.begin(append([]func(*Options){closedGate}, change...)...)
		var deliveries []Delivery
		for i, d := range []string{edgesOf, things, owners} {
			if slices.Contains(failed, d) {
				continue
			}
			var err error
			if d == broken {
				err = errors.New("planted")
			}
			vendor := table(d)
			deliveries = append(deliveries, Delivery{export("balkan", d, fmt.Sprint(s.runs, i)), contract(d),
				s.stream(vendor, err, rows{vendor, []row{{"name": fmt.Sprint(s.runs)}}}, rows{common("grants"), []row{{"grant_key": d, "privilege": fmt.Sprint(s.runs)}}})})
		}
		results, errs := w.LoadTogether(t.Context(), deliveries, failed)
		s.publish(w)
		for _, r := range results {
			statuses += string(r.Status) + " "
		}
		return statuses, errs
	}
	if got, errs := run(things, nil); got != "held failed held " || !strings.Contains(errs[0].Error(),
		"held: balkanid.entities, to which its rows refer, could not be loaded in this run: not loaded") || !strings.Contains(errs[0].Error(), "--accept balkan.entity_relations") {
		t.Errorf("a first load: %s %v", got, errs)
	}
	s.want("select count(*) from observed.grants", "0")
	s.want("select dataset, reason, what, rows_before, rows_after, accepted_run_id from meta.gates order by 1",
		edgesOf+"|companion failed|"+things+"|0|1|NULL", owners+"|companion failed|"+things+"|0|1|NULL")
	if got, errs := run("", nil); got != "loaded loaded loaded " {
		t.Errorf("all are there: %s %v", got, errs)
	}
	if got, errs := run(edgesOf, nil); got != "failed loaded loaded " {
		t.Errorf("what refers to others failed: %s %v", got, errs)
	}
	if got, errs := run("", []string{things}); got != "held held " {
		t.Errorf("what was refused: %s %v", got, errs)
	}
	accepting := func(o *Options) { o.Accept = func(_, d string) bool { return d == edgesOf } }
	if got, errs := run(things, nil, accepting); got != "loaded failed held " {
		t.Errorf("accepted: %s %v", got, errs)
	}
	s.want("select grant_key, privilege from observed.grants order by 1", things+"|3", edgesOf+"|5", owners+"|3")
	s.want("select count(*) from meta.gates where accepted_run_id like '%5' and dataset = '"+edgesOf+"'", "2")
	s.want("select distinct dataset, rule, contains(detail, 'balkanid.employees') and contains(detail, 'never loaded') from meta.findings", owners+"|without_companion|true")

	// Asked for alone it is loaded, and its row says what it lacks.
	vendor := table(edgesOf)
	s.refresh(export("balkan", edgesOf, "x"), s.stream(vendor, nil, rows{vendor, []row{{"name": "x"}}}))
	s.want("select dataset, rule, record_count, contains(detail, 'balkanid.entities, which this run did not ask for and whose newest export is failed') from meta.findings where dataset = '"+edgesOf+"'",
		edgesOf+"|without_companion|1|true")
}
