package api

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Desk holds what the vendors handed out: tokens, jobs and signed URLs. Its
// methods may be called from several goroutines.
type Desk struct {
	ID        func(parts ...string) string // a UUID fixed by its parts
	Clock     func() time.Time
	Polls     int // that a job is not yet ready for
	URLLife   time.Duration
	TokenLife time.Duration
	Storage   func() string // base of signed URLs

	mu     sync.Mutex
	tokens map[string]*token
	jobs   map[string]*Job
	blobs  map[string]*Blob
	issued int
	asked  map[string]int // jobs begun, by request
	spilt  []string       // tokens and signatures handed out
}

// token is a bearer token of Oleria or SailPoint.
type token struct {
	vendor  string
	expires time.Time
}

// Job is an export in progress.
type Job struct {
	ID, vendor, Dataset string
	Pending             int // polls still to answer 'not yet'
	polled              int
	Failed              bool
	FailCode            string
	FailMessage         string
	Word                string // status word that overrides all
	Created             time.Time
	Order               any // what the vendor keeps of what was asked for
}

// Poll counts a poll of the job, and says which one it was and whether the job
// is through.
func (d *Desk) Poll(j *Job) (nth int, ready bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	j.polled++
	return j.polled, j.polled > j.Pending
}

// Done says whether the job was polled often enough.
func (d *Desk) Done(j *Job) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return j.polled > j.Pending
}

// Begin makes a job and lets a fault change it.
func (d *Desk) Begin(c *Call, dataset string, order any) *Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	// The id tells jobs apart by what was asked and how often, not by the
	// order in which clients happened to ask.
	asked := c.Vendor + c.URL.Path + "\x00" + string(c.Body)
	if d.asked == nil {
		d.asked, d.jobs = map[string]int{}, map[string]*Job{}
	}
	d.asked[asked]++
	j := &Job{
		ID: d.ID("job", asked, strconv.Itoa(d.asked[asked])), vendor: c.Vendor, Dataset: dataset,
		Pending: d.Polls, Created: d.Clock().UTC(), Order: order,
	}
	if c.OnJob != nil {
		c.OnJob(j)
	}
	d.jobs[j.ID] = j
	return j
}

// JobByID is a vendor's job, nil when there is none.
func (d *Desk) JobByID(vendor, id string) *Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.jobs[id]; j != nil && j.vendor == vendor {
		return j
	}
	return nil
}

// Mint hands out a token that looks like a JWT.
func (d *Desk) Mint(vendor string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.issued++
	expires := d.Clock().Add(d.TokenLife)
	enc := base64.RawURLEncoding.EncodeToString
	t := enc([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + enc([]byte(fmt.Sprintf(`{"iss":%q,"exp":%d,"jti":"%d"}`, vendor, expires.Unix(), d.issued))) + "." +
		enc([]byte(d.ID("token", strconv.Itoa(d.issued))))
	if d.tokens == nil {
		d.tokens = map[string]*token{}
	}
	d.tokens[t] = &token{vendor, expires}
	d.spilt = append(d.spilt, t)
	return t
}

// Revoke ends the life of a token.
func (d *Desk) Revoke(t string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k := d.tokens[t]; k != nil {
		k.expires = time.Time{}
	}
}

// RevokeAll ends the life of every token handed out so far.
func (d *Desk) RevokeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.tokens {
		k.expires = time.Time{}
	}
}

// Authorized checks the bearer token of a call.
func (d *Desk) Authorized(c *Call) bool {
	t, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	k := d.tokens[t]
	return k != nil && k.vendor == c.Vendor && k.expires.After(d.Clock())
}

// Secrets are every token and signature that was handed out.
func (d *Desk) Secrets() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.spilt)
}
