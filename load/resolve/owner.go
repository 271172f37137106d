package resolve

import (
	"cmp"
	"slices"
)

// owner is to whom an account belongs.
type owner struct {
	account, identity int32 // roots
	rule              int8  // of Resolution.Owners, or ownerUser
	value             uint32
}

const ownerUser = -1

// owners is what is known of accounts and identities together.
type owners struct {
	r              *Resolver
	acc, ids       *population
	byEmail        index // addresses of identities
	byLogin        index
	mapped         []ended           // identities that sources say an account is, by the account's root
	forbidden      map[[2]int32]bool // account and identity statement, by the user
	ordered        map[int32][]int32 // account statement -> identity statements, by the user
	list           []owner
	conflicts      []ownerConflict
	product        map[uint32]bool // scopes of applications that are directories
	known          []uint32        // of a text of accounts: see owners.same
	seen           *seen           // identities that claimants looked at; nil where nobody asks
	email, login   int             // namespaces of accounts
	idMail, idName int             // namespaces of identities
}

// ended is a mapping: the root of an account, a statement of an identity, and who says so.
type ended struct {
	account, stmt int32
	source        uint16
}

// ownerConflict is an account that several identities claim by one rule.
type ownerConflict struct {
	account    int32
	identities []int32
	rule       int8
}

// holder is the one thing that has a value, -1 where none has or several do.
// Those who left give way to those who are there.
func (x *index) holder(p *population, value uint32) int32 {
	found, left := int32(-1), int32(-1)
	several, severalLeft := false, false
	for _, id := range x.of(value) {
		root := p.forest.find(id.stmt)
		if root == found || root == left {
			continue
		}
		if p.hasEnded(root) {
			severalLeft = severalLeft || left >= 0 && left != root
			left = root
			continue
		}
		several = several || found >= 0 && found != root
		found = root
	}
	switch {
	case several:
		return -1
	case found >= 0:
		return found
	case severalLeft:
		return -1
	}
	return left
}

// same is the number that a text of accounts has among those of identities, noText for none.
func (o *owners) same(text uint32) uint32 {
	n := o.known[text]
	if n == 0 {
		var ok bool
		if n, ok = o.ids.text.Find(o.acc.said.String(text)); !ok {
			n = noText
		}
		n++
		o.known[text] = n
	}
	return n - 1
}

// noText is the number of no text.
const noText = 1<<32 - 2

// newOwners waits until accounts are joined.
func (r *Resolver) newOwners() *owners {
	o := &owners{r: r, acc: r.population("accounts"), ids: r.population("identities"), forbidden: map[[2]int32]bool{}, ordered: map[int32][]int32{}, product: map[uint32]bool{}}
	o.email, o.login = o.acc.namespace("email"), o.acc.namespace("login")
	o.idMail, o.idName = o.ids.namespace("email"), o.ids.namespace("login")
	<-o.acc.joined
	o.byEmail, o.byLogin = o.ids.index(o.ids.spaces[o.idMail].idents), o.ids.index(o.ids.spaces[o.idName].idents)
	o.directories()
	o.known = make([]uint32, o.acc.said.Len())
	o.readClaims()
	o.readOrders()
	return o
}

func (o *owners) directories() {
	apps := o.r.population("applications")
	n := apps.namespace("product")
	var fold folder
	for i := range apps.rows {
		for _, id := range apps.spaces[n].of(int32(i)) {
			for d := range o.r.directories {
				if b, ok := fold.value("compact", d, false); ok && b == apps.text.String(id.value) {
					o.product[o.r.scopeOf(apps, int32(i))] = true
				}
			}
		}
	}
}

// byKey finds the statements of a kind by their keys.
func (p *population) byKey(keys map[uint32]bool) map[uint32][]int32 {
	out := map[uint32][]int32{}
	for i := range p.rows {
		if keys[p.rows[i].key] {
			out[p.rows[i].key] = append(out[p.rows[i].key], int32(i))
		}
	}
	return out
}

func (o *owners) readClaims() {
	if len(o.r.claims) == 0 {
		return
	}
	accounts, identities := o.acc.keyed(o.acc.said.Len()), o.ids.keyed(o.ids.text.Len())
	var native index
	if at := o.ids.namespace("native_id"); at >= 0 {
		native = o.ids.index(o.ids.spaces[at].idents)
	}
	var natives []int32
	for _, c := range o.r.claims {
		ids := identities.of(c.identity)
		if c.byNativeID {
			natives = natives[:0]
			for _, id := range native.of(c.identity) {
				if id.within == uint32(c.source) {
					natives = append(natives, id.stmt)
				}
			}
			ids = natives
		}
		a, okA := o.acc.meant(accounts.of(c.account))
		i, okI := o.ids.meant(ids)
		if okA && okI && !o.acc.isNonHuman(a) && (!c.byNativeID || o.alike(a, i)) {
			o.mapped = append(o.mapped, ended{a, i, c.source})
		}
	}
	o.r.claims = nil
	slices.SortFunc(o.mapped, func(x, y ended) int {
		return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.stmt, y.stmt), cmp.Compare(x.source, y.source))
	})
}

// mappedTo are the identities that sources say an account is.
func (o *owners) mappedTo(account int32) []ended {
	from, _ := slices.BinarySearchFunc(o.mapped, account, func(m ended, account int32) int { return cmp.Compare(m.account, account) })
	to := from
	for to < len(o.mapped) && o.mapped[to].account == account {
		to++
	}
	return o.mapped[from:to]
}

// meant is the component that a reference by key means: of several that bear the
// key the only one that has not ended.
func (p *population) meant(stmts []int32) (int32, bool) {
	all, several := int32(-1), false
	for _, s := range stmts {
		root := p.forest.find(s)
		several = several || all >= 0 && all != root
		all = root
	}
	if all >= 0 && !several {
		return all, true
	}
	present := int32(-1)
	for _, s := range stmts {
		if root := p.forest.find(s); root != present && !p.hasEnded(root) {
			if present >= 0 {
				return -1, false
			}
			present = root
		}
	}
	return present, present >= 0
}

func (o *owners) readOrders() {
	for _, u := range o.r.user {
		if u.Action != LinkTo && u.Action != UnlinkOf {
			continue
		}
		for _, a := range o.r.statements(o.acc, u.Left) {
			for _, i := range o.r.statements(o.ids, u.Right) {
				if u.Action == LinkTo {
					o.ordered[a] = append(o.ordered[a], i)
				} else {
					o.forbidden[[2]int32{a, i}] = true
				}
			}
		}
	}
}

// claimants are the identities that an account names by each rule, by their
// roots; a rule that names none, or several, has -1.
type claimants struct {
	user, vendor, email, login int32
	emailValue, loginValue     uint32
	conflict                   []int32
}

func (o *owners) claimants(account int32) claimants {
	c := claimants{user: -1, vendor: -1, email: -1, login: -1}
	var no map[int32]bool // identities that the user forbids
	o.acc.forest.members(account, func(s int32) {
		if len(o.ordered) > 0 {
			for _, i := range o.ordered[s] {
				c.user = o.look(i)
			}
		}
		if len(o.forbidden) > 0 {
			for pair := range o.forbidden {
				if pair[0] == s {
					if no == nil {
						no = map[int32]bool{}
					}
					no[o.look(pair[1])] = true
				}
			}
		}
	})
	if o.acc.isNonHuman(account) {
		return c
	}
	may := func(root int32) bool { return root >= 0 && !no[root] && !o.ids.isNonHuman(root) }
	for _, e := range o.mappedTo(account) {
		if root := o.look(e.stmt); may(root) && root != c.vendor {
			if c.vendor >= 0 {
				c.conflict = append(c.conflict, root)
				continue
			}
			c.vendor = root
		}
	}
	c.email, c.emailValue = o.byValue(account, o.email, &o.byEmail, may)
	if o.product[o.acc.rows[account].scope] {
		c.login, c.loginValue = o.byValue(account, o.login, &o.byLogin, may)
		if c.login >= 0 && !o.alike(account, c.login) {
			c.login = -1
		}
	}
	return c
}

// byValue is the one identity that has a value of the account; -1 where the
// account's values name several.
func (o *owners) byValue(account int32, space int, x *index, may func(int32) bool) (root int32, value uint32) {
	root = -1
	several := false
	o.acc.forest.members(account, func(s int32) {
		for _, id := range o.acc.spaces[space].of(s) {
			if id.value == value {
				continue
			}
			same := o.same(id.value)
			h := o.holder(x, same)
			if h < 0 && len(o.r.aliases) > 0 && len(x.of(same)) == 0 {
				if other, ok := o.ids.text.Find(o.r.alias(o.acc.said.String(id.value))); ok {
					h = o.holder(x, other)
				}
			}
			if h < 0 {
				h = o.besideMachines(account, same, x)
			}
			if may(h) {
				several = several || root >= 0 && root != h
				root, value = h, id.value
			}
		}
	})
	if several {
		return -1, 0
	}
	return root, value
}

// alike tells whether an account's name is like that of an identity.
func (o *owners) alike(account, identity int32) bool {
	for a := range o.acc.forest.all(account) {
		x := o.acc.rows[a].name
		if x == 0 {
			continue
		}
		for i := range o.ids.forest.all(identity) {
			if y := o.ids.rows[i].name; y != 0 && (o.same(x) == y || o.r.alikeTexts(o.acc.said.String(x), o.ids.text.String(y))) {
				return true
			}
		}
	}
	return false
}

// resolve says to whom each account belongs, once the rule by which accounts join identities,
// if there is one, has joined them.
func (o *owners) resolve(account *level) {
	if account == nil {
		o.each(o.decide)
		return
	}
	o.seen = &seen{}
	o.each(func(root int32, c *claimants) {
		o.seen.end()
		o.propose(account, root, c)
		o.decide(root, c)
	})
	joined := len(o.ids.forest.joins)
	account.decide()
	if joins := o.ids.forest.joins[joined:]; len(joins) > 0 {
		o.again(joins)
	}
	o.seen = nil
}

// propose joins the identities that one account names by different rules: an
// account whose login is known to one source and whose address to another is one
// person's.
func (o *owners) propose(l *level, account int32, c *claimants) {
	if len(c.conflict) > 0 {
		return
	}
	l.roots = l.roots[:0]
	for _, i := range []int32{c.vendor, c.email, c.login} {
		if i >= 0 && !slices.Contains(l.roots, i) {
			l.roots = append(l.roots, i)
		}
	}
	if len(l.roots) > 1 {
		l.judge(-1, o.ids.text.ID(o.acc.said.String(o.acc.rows[account].key)), 0, func(i int32) int32 { return i })
	}
}

// decide says to whom an account belongs.
func (o *owners) decide(account int32, c *claimants) {
	switch {
	case c.user >= 0:
		o.list = append(o.list, owner{account, c.user, ownerUser, 0})
	case len(c.conflict) > 0:
		o.conflicts = append(o.conflicts, ownerConflict{account, append([]int32{c.vendor}, c.conflict...), 0})
	case c.vendor >= 0:
		o.list = append(o.list, owner{account, c.vendor, 0, 0})
	case c.email >= 0:
		o.list = append(o.list, owner{account, c.email, 1, c.emailValue})
	case c.login >= 0:
		o.list = append(o.list, owner{account, c.login, 2, c.loginValue})
	}
}
