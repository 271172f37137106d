package vendorsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

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
	snapshot            *snapshot
	created             time.Time
	url                 string

	// What is asked for, per vendor.
	part       string
	roleID     string
	popularity int
	common     bool
	document   []byte
	request    map[string]any
}

// poll counts a poll of the job, and says which one it was and whether the job
// is through.
func (sv *Server) poll(j *job) (nth int, ready bool) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	j.polled++
	return j.polled, j.polled > j.pending
}

// done says whether the job was polled often enough.
func (sv *Server) done(j *job) bool {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return j.polled > j.pending
}

// begin makes a job and lets a fault change it.
func (sv *Server) begin(c *call, dataset string) *job {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	// The id tells jobs apart by what was asked and how often, not by the
	// order in which clients happened to ask.
	asked := c.vendor + c.URL.Path + "\x00" + string(c.body)
	sv.asked[asked]++
	j := &job{
		id: sv.sim.uuid("job", asked, strconv.Itoa(sv.asked[asked])), vendor: c.vendor, dataset: dataset,
		pending: sv.sim.cfg.Polls, snapshot: c.now, created: sv.sim.cfg.Clock().UTC(), part: everything,
	}
	if c.onJob != nil {
		c.onJob.job(j)
	}
	sv.jobs[j.id] = j
	return j
}

// uuid is not about the company, but as fixed as its ids are.
func (s *Sim) uuid(parts ...string) string {
	c := company{cfg: s.cfg}
	return c.uuid(parts...)
}

func (sv *Server) jobByID(vendor, id string) *job {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if j := sv.jobs[id]; j != nil && j.vendor == vendor {
		return j
	}
	return nil
}

// mint hands out a token that looks like a JWT.
func (sv *Server) mint(vendor string) string {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	sv.issued++
	expires := sv.sim.cfg.Clock().Add(sv.sim.cfg.TokenLife)
	enc := base64.RawURLEncoding.EncodeToString
	t := enc([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + enc([]byte(fmt.Sprintf(`{"iss":%q,"exp":%d,"jti":"%d"}`, vendor, expires.Unix(), sv.issued))) + "." +
		enc([]byte(sv.sim.uuid("token", strconv.Itoa(sv.issued))))
	sv.tokens[t] = &token{vendor, expires}
	sv.spilt = append(sv.spilt, t)
	return t
}

func (sv *Server) revoke(t string) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if k := sv.tokens[t]; k != nil {
		k.expires = time.Time{}
	}
}

// ExpireTokens ends the life of every token handed out so far.
func (sv *Server) ExpireTokens() {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	for _, k := range sv.tokens {
		k.expires = time.Time{}
	}
}

// authorized checks the bearer token of a call.
func (sv *Server) authorized(c *call) bool {
	t, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	sv.mu.Lock()
	defer sv.mu.Unlock()
	k := sv.tokens[t]
	return k != nil && k.vendor == c.vendor && k.expires.After(sv.sim.cfg.Clock())
}

// blob is what a signed URL points to.
type blob struct {
	vendor, dataset string
	method          string
	expires         time.Time
	signature       string
	mediaType       string
	name            string
	job             *job
	data            func() []byte // nil for a polling URL
}

// sign makes a URL for one method. It is good for Config.URLLife.
func (sv *Server) sign(b *blob, name string) string {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	sv.issued++
	life := sv.sim.cfg.URLLife
	now := sv.sim.cfg.Clock().UTC()
	path := "/" + b.vendor + "-exports/" + sv.sim.uuid("blob", strconv.Itoa(sv.issued)) + "/" + name
	b.expires, b.name = now.Add(life), name
	mac := hmac.New(sha256.New, []byte("storage key"))
	fmt.Fprintf(mac, "%s\n%s\n%d\n%d", b.method, path, b.expires.UnixNano(), sv.issued)
	b.signature = hex.EncodeToString(mac.Sum(nil))
	sv.blobs[path] = b
	sv.spilt = append(sv.spilt, b.signature)
	q := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Date": {now.Format("20060102T150405Z")},
		"X-Amz-Expires": {strconv.Itoa(int(life / time.Second))}, "X-Amz-SignedHeaders": {"host"}, "X-Amz-Signature": {b.signature},
	}
	return sv.StorageURL + path + "?" + q.Encode()
}

func (sv *Server) blobAt(path string) *blob {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return sv.blobs[path]
}

func s3Error(code, message string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>"
}

func s3Refusal(status int, code, message string) *answer {
	return respond(status, "application/xml", s3Error(code, message))
}

// storage answers signed URLs as S3 does: a second credential is refused, and
// the method is part of the signature.
func (sv *Server) storage(c *call) *answer {
	b := sv.blobAt(c.URL.Path)
	switch {
	case c.Header.Get("Authorization") != "":
		return s3Refusal(400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case c.Header.Get("X-Api-Key-ID") != "" || c.Header.Get("X-Api-Key-Secret") != "":
		return s3Refusal(403, "AccessDenied", "Headers present which were not signed")
	case b == nil || c.URL.Query().Get("X-Amz-Signature") != b.signature || c.Method != b.method:
		return s3Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided")
	case !b.expires.After(sv.sim.cfg.Clock()):
		return s3Refusal(403, "AccessDenied", "Request has expired")
	}
	if b.job != nil && b.vendor == "balkanid" {
		if a := sv.balkanidFile(b); a != nil {
			return a
		}
	}
	a := respond(200, b.mediaType, "")
	if b.data != nil {
		a.body = b.data()
	}
	return a.with(http.Header{"Etag": {`"` + b.signature[:16] + `"`}})
}
