package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// The simulator knows who is who. What a refresh of its three vendors links is held against
// that: nobody is taken for somebody else, and few are missed, for reasons that are known.
// First without SailPoint's lists of who there is and who has what, of which a tenant may give
// no right: then its people are known by references alone. Then with every dataset that has
// columns, also those that a refresh asks for only by name.
func TestOracle_links(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 12, People: 2000})
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	var fetched, named []string
	for _, c := range set.All() {
		if c.Typed() && !c.ByHand() {
			fetched = append(fetched, c.Dataset)
		}
		if c.ByName() {
			named = append(named, c.Plural()) // of SailPoint alone
		}
	}
	asked := func(also []string, without string) string {
		choice := fmt.Sprintf("    vendor: sailpoint\n    also: [%s]\n    without: [%s]\n", strings.Join(also, ", "), without)
		return strings.Replace(simulatedConfig(f.server), "    vendor: sailpoint\n", choice, 1)
	}
	f.write(t, asked(without(named, []string{"historical_identities"}), "identities, public_identities, accounts, role_assignments, search_identities"))
	f.run(t, exitRejects, "refresh", "-q")
	t.Run("withoutSailPointsLists", func(t *testing.T) { f.linksAreTheTruth(t, false) })
	f.write(t, asked(named, ""))
	began := time.Now()
	f.run(t, exitRejects, "refresh", "-q")
	t.Logf("a refresh of all datasets with 2,000 people took %s", time.Since(began).Round(time.Second))
	equal(t, "datasets that were loaded", f.texts(t, "select distinct dataset as name from meta.exports where status = 'loaded'"), fetched)
	t.Run("withSailPointsLists", func(t *testing.T) { f.linksAreTheTruth(t, true) })
}

// linksAreTheTruth holds people, accounts and owners against the truth; listed says that
// SailPoint's own lists of them are there.
func (f *fixture) linksAreTheTruth(t *testing.T, listed bool) {
	truth := newWhoIsWho(f.sim.Truth())
	people, missed := score{}, map[string]int{}
	for _, r := range f.query(t, `select l.key, l.statement_key, i._dataset as dataset, lower(i.email) as email, i.native_id
		from observed.identities i join meta.links l on l.kind = 'identities' and l.dataset = i._dataset and l.statement_key = i.identity_key and l.part = coalesce(i.native_id, '')`) {
		who := truth.person(cellText(r["email"]), cellText(r["native_id"]))
		if who == "" {
			who = "statement " + cellText(r["statement_key"])
		}
		people.add(who, cellText(r["key"]), cellText(r["dataset"]))
	}
	found, all := people.found(func(who string, datasets []string) {
		missed[truth.reason(who)+": "+strings.Join(datasets, ", ")]++
	})
	tell(t, "people", people, found, all, missed)
	accounts, login := score{}, f.loginsByAddress(t)
	for _, r := range f.query(t, `select l.key, a._dataset as dataset, a.native_id, a.email, string_split(split_part(a.account_key, ':', 3), '|')[1] as application,
			split_part(split_part(a.account_key, '|', 2), '/', 1) as app from observed.accounts a
		join meta.links l on l.kind = 'accounts' and l.dataset = a._dataset and l.statement_key = a.account_key and l.part = coalesce(a.native_id, '')`) {
		who := cellText(r["native_id"])
		if who == "" {
			who = login[cellText(r["application"])+" "+cellText(r["email"])]
		}
		if who == "" {
			who = truth.mentioned[cellText(r["app"])+" "+cellText(r["email"])]
		}
		accounts.add(who, cellText(r["key"]), cellText(r["dataset"]))
	}
	missed = map[string]int{}
	found, all = accounts.found(func(_ string, datasets []string) { missed[strings.Join(datasets, ", ")]++ })
	tell(t, "accounts", accounts, found, all, missed)

	f.countsAreTheCompanys(t, people, accounts, listed)
	f.ownersAreThePeople(t, truth)
	if !listed { // else there are none
		f.referredPeople(t, truth, people)
	}
}

// loginsByAddress are the native ids of the accounts that Oleria lists, by the name of the
// application and the address, which a list without ids tells of them. A user of Oleria itself
// has no id there, and stands for itself.
func (f *fixture) loginsByAddress(t *testing.T) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, r := range f.delivered(t, "oleria.access_inventory_application_accounts_v2") {
		if r["email"] != "" {
			ids[r["applicationName"]+" "+strings.ToLower(r["email"])] = r["userId"]
		}
	}
	for _, r := range f.delivered(t, "oleria.oleria_users") {
		ids["Oleria "+r["emailAddress"]] = "user of Oleria " + r["emailAddress"]
	}
	return ids
}

// delivered are the records of a dataset today, by the names of the columns.
func (f *fixture) delivered(t *testing.T, dataset string) (out []map[string]string) {
	t.Helper()
	d, ok := f.sim.Table(dataset, f.sim.Generation())
	if !ok {
		t.Fatalf("the simulator has no %s", dataset)
	}
	for _, row := range d.Rows {
		r := map[string]string{}
		for i, name := range d.Columns {
			r[name] = row.Cells[i]
		}
		out = append(out, r)
	}
	return out
}

// referredPeople holds those against the truth whom no export lists, and whom rows name by a
// key: some of these tell an address too.
func (f *fixture) referredPeople(t *testing.T, truth *whoIsWho, people score) {
	t.Helper()
	joined, alone := 0, map[string]int{}
	for _, r := range f.query(t, `select key, dataset, split_part(statement_key, ':', 3) as id from meta.links l where kind = 'identities'
		and not exists (from observed.identities i where i.identity_key = l.statement_key)`) {
		who, key := truth.person("", cellText(r["id"])), cellText(r["key"])
		if len(people[who][key]) > 0 {
			joined++
		} else {
			alone[cellText(r["dataset"])]++
		}
		people.add(who, key, cellText(r["dataset"]))
	}
	t.Logf("people whom rows only refer to: %d joined, %d wrong pairs; with nothing but a key, by dataset: %v", joined, people.wrong(), alone)
	if people.wrong() > 0 || joined < 100 {
		t.Error("want no wrong pair, and those joined of whom an address is told")
	}
}

// ownersAreThePeople holds to whom accounts belong against the truth.
func (f *fixture) ownersAreThePeople(t *testing.T, truth *whoIsWho) {
	t.Helper()
	wrong, right, nobodys := 0, 0, 0
	missed := map[string]int{}
	for _, r := range f.query(t, `with accounts as (
			select distinct l.key, a.native_id from observed.accounts a
			join meta.links l on l.kind = 'accounts' and l.dataset = a._dataset and l.statement_key = a.account_key and l.part = coalesce(a.native_id, '') and l.strength <> 'mentions'
		), people as (
			select l.key, list(distinct lower(i.email)) filter (i.email is not null) as emails, list(distinct i.native_id) filter (i.native_id is not null) as ids
			from observed.identities i join meta.links l on l.kind = 'identities' and l.dataset = i._dataset and l.statement_key = i.identity_key and l.part = coalesce(i.native_id, '') group by l.key
		)
		select a.native_id, o.rule, p.emails, p.ids from (select * from accounts where native_id is not null) a left join meta.account_owners o on o.account_key = a.key left join people p on p.key = o.identity_key`) {
		owner, has := truth.accounts[cellText(r["native_id"])]
		said := ""
		if list, _ := r["emails"].([]any); len(list) > 0 {
			said = truth.person(cellText(list[0]), "")
		}
		switch {
		case r["rule"] == nil && !has:
			nobodys++
		case r["rule"] == nil:
			missed["nobody is known as the owner"]++
		case has && said == owner:
			right++
		case !has && strings.HasPrefix(said, "stranger"):
			nobodys++ // an orphan belongs to the stranger whose address it has
		default:
			wrong++
		}
	}
	t.Logf("owners: %d wrong, %d of %d accounts of people found, %d accounts are nobody's; missed %v", wrong, right, right+missed["nobody is known as the owner"], nobodys, missed)
	if wrong > 0 || float64(right) < 0.98*float64(right+missed["nobody is known as the owner"]) {
		t.Errorf("owners: want none wrong, and 98 %% found")
	}
}

// tell prints a score and holds it against what is wanted.
func tell(t *testing.T, what string, s score, found, all int, missed map[string]int) {
	t.Helper()
	wrong := s.wrong()
	precision, recall := float64(found)/float64(found+wrong), float64(found)/float64(all)
	t.Logf("%s: precision %.2f %% (%d wrong pairs), recall %.2f %% (%d of %d pairs found)", what, 100*precision, wrong, 100*recall, found, all)
	for _, why := range slices.Sorted(maps.Keys(missed)) {
		t.Logf("%s missed: %d × %s", what, missed[why], why)
	}
	if wrong > 0 || recall < 0.98 {
		t.Errorf("%s: want no wrong pair, and 98 %% found", what)
	}
	if all < 5000 {
		t.Errorf("%s: %d pairs to find are too few to tell", what, all)
	}
}

// cellText is a cell as text, "" for NULL.
func cellText(v any) string {
	s, _ := v.(string)
	return s
}

// score holds what was linked against who it is: the things under which each one is.
type score map[string]map[string][]string // who -> thing -> datasets of the statements

func (s score) add(who, thing, dataset string) {
	if s[who] == nil {
		s[who] = map[string][]string{}
	}
	s[who][thing] = append(s[who][thing], dataset)
}

func pairs(n int) int { return n * (n - 1) / 2 }

// wrong counts the pairs of statements about two that are one thing.
func (s score) wrong() (n int) {
	things := map[string][]int{}
	for _, of := range s {
		for thing, list := range of {
			things[thing] = append(things[thing], len(list))
		}
	}
	for _, list := range things {
		all := 0
		for _, k := range list {
			all += k
			n -= pairs(k)
		}
		n += pairs(all)
	}
	return n
}

// found counts the pairs of statements about one that are one thing, of all that there are.
// missed is called for each who is several things, with the datasets of the smallest.
func (s score) found(missed func(who string, datasets []string)) (found, all int) {
	for who, of := range s {
		n := 0
		var least []string
		for _, thing := range slices.Sorted(maps.Keys(of)) {
			list := of[thing]
			n += len(list)
			found += pairs(len(list))
			if least == nil || len(list) < len(least) {
				least = list
			}
		}
		all += pairs(n)
		if len(of) > 1 {
			missed(who, slices.Compact(slices.Sorted(slices.Values(least))))
		}
	}
	return found, all
}

// whoIsWho is the truth of the simulator.
type whoIsWho struct {
	emails, ids map[string]string // -> employee number
	accounts    map[string]string // native id -> employee number of its owner
	reasons     map[string]string // employee number -> why the person has two addresses
	mentioned   map[string]string // application and address, as risks of BalkanID name an account -> native id
}

func newWhoIsWho(truth vendorsim.Truth) *whoIsWho {
	w := &whoIsWho{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	for _, k := range slices.Concat(truth.Findings, truth.Lone) {
		w.mentioned[k.Application+" "+strings.ToLower(k.Email)] = k.NativeID
	}
	for _, p := range truth.People {
		w.emails[strings.ToLower(p.OleriaEmail)], w.emails[strings.ToLower(p.BalkanIDEmail)], w.ids[p.SailPointID] = p.Employee, p.Employee, p.Employee
		for _, a := range p.Accounts {
			_, id, _ := strings.Cut(a, "/")
			w.accounts[id] = p.Employee
		}
	}
	for _, email := range truth.Administrators {
		if who := w.emails[email]; who != "" {
			w.accounts[email] = who // their accounts in BalkanID itself have no other id
		}
	}
	for _, p := range truth.SamePeople {
		w.reasons[p.Employee] = p.Reason
	}
	return w
}

// person says who has an address or a vendor's id: an employee number, or stranger with the
// address; "" for a machine.
func (w *whoIsWho) person(email, id string) string {
	if who := w.emails[email]; who != "" {
		return who
	}
	if who := w.ids[id]; who != "" {
		return who
	}
	if email != "" {
		return "stranger " + email
	}
	return ""
}

func (w *whoIsWho) reason(who string) string {
	if why := w.reasons[who]; why != "" {
		return "two addresses, " + why
	}
	if strings.HasPrefix(who, "stranger") {
		return "no HR record"
	}
	return "one address"
}
