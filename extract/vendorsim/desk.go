package vendorsim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// desk holds what the vendors handed out: tokens, jobs and signed URLs. Its
// methods may be called from several goroutines.
type desk struct {
	id         func(parts ...string) string // a UUID fixed by its parts
	clock      func() time.Time
	polls      int // that a job is not yet ready for
	urlLife    time.Duration
	tokenLife  time.Duration
	storageURL string // where signed URLs point to

	mu     sync.Mutex
	tokens map[string]*token
	jobs   map[string]*job
	blobs  map[string]*blob
	issued int
	asked  map[string]int // jobs begun, by request
	spilt  []string       // tokens and signatures handed out
}

// token is a bearer token of Oleria or SailPoint.
type token struct {
	vendor  string
	expires time.Time
}

// job is an export in progress.
type job struct {
	id, vendor, dataset string
	pending             int // polls still to answer 'not yet'
	polled              int
	failed              bool
	failCode            string
	failMessage         string
	word                string // status word that overrides all
	created             time.Time
	order               any // what the vendor keeps of what was asked for
}

// poll counts a poll of the job, and says which one it was and whether the job
// is through.
func (d *desk) poll(j *job) (nth int, ready bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	j.polled++
	return j.polled, j.polled > j.pending
}

// done says whether the job was polled often enough.
func (d *desk) done(j *job) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return j.polled > j.pending
}

// begin makes a job and lets a fault change it.
func (d *desk) begin(c *call, dataset string, order any) *job {
	d.mu.Lock()
	defer d.mu.Unlock()
	// The id tells jobs apart by what was asked and how often, not by the
	// order in which clients happened to ask.
	asked := c.vendor + c.URL.Path + "\x00" + string(c.body)
	if d.asked == nil {
		d.asked, d.jobs = map[string]int{}, map[string]*job{}
	}
	d.asked[asked]++
	j := &job{
		id: d.id("job", asked, strconv.Itoa(d.asked[asked])), vendor: c.vendor, dataset: dataset,
		pending: d.polls, created: d.clock().UTC(), order: order,
	}
	if c.onJob != nil {
		c.onJob(j)
	}
	d.jobs[j.id] = j
	return j
}

// jobByID is a vendor's job, nil when there is none.
func (d *desk) jobByID(vendor, id string) *job {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.jobs[id]; j != nil && j.vendor == vendor {
		return j
	}
	return nil
}

// mint hands out a token that looks like a JWT.
func (d *desk) mint(vendor string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.issued++
	expires := d.clock().Add(d.tokenLife)
	enc := base64.RawURLEncoding.EncodeToString
	t := enc([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + enc([]byte(fmt.Sprintf(`{"iss":%q,"exp":%d,"jti":"%d"}`, vendor, expires.Unix(), d.issued))) + "." +
		enc([]byte(d.id("token", strconv.Itoa(d.issued))))
	if d.tokens == nil {
		d.tokens = map[string]*token{}
	}
	d.tokens[t] = &token{vendor, expires}
	d.spilt = append(d.spilt, t)
	return t
}

// revoke ends the life of a token.
func (d *desk) revoke(t string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k := d.tokens[t]; k != nil {
		k.expires = time.Time{}
	}
}

// revokeAll ends the life of every token handed out so far.
func (d *desk) revokeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.tokens {
		k.expires = time.Time{}
	}
}

// authorized checks the bearer token of a call.
func (d *desk) authorized(c *call) bool {
	t, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	k := d.tokens[t]
	return k != nil && k.vendor == c.vendor && k.expires.After(d.clock())
}

// secrets are every token and signature that was handed out.
func (d *desk) secrets() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.spilt)
}
