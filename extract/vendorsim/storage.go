package vendorsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// blob is what a signed URL points to.
type blob struct {
	vendor, dataset string
	method          string // the only one that the URL is good for
	mediaType       string
	data            func() []byte  // nil for a polling URL
	absent          func() *answer // what is answered while the file is not there; it may be nil, and so may its answer

	expires   time.Time
	signature string
}

// sign makes a URL of a file of this name. It is good for the desk's URLLife.
func (d *desk) sign(b *blob, name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.issued++
	now := d.clock().UTC()
	path := "/" + b.vendor + "-exports/" + d.id("blob", strconv.Itoa(d.issued)) + "/" + name
	b.expires = now.Add(d.urlLife)
	mac := hmac.New(sha256.New, []byte("storage key"))
	fmt.Fprintf(mac, "%s\n%s\n%d\n%d", b.method, path, b.expires.UnixNano(), d.issued)
	b.signature = hex.EncodeToString(mac.Sum(nil))
	if d.blobs == nil {
		d.blobs = map[string]*blob{}
	}
	d.blobs[path] = b
	d.spilt = append(d.spilt, b.signature)
	q := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Date": {now.Format("20060102T150405Z")},
		"X-Amz-Expires": {strconv.Itoa(int(d.urlLife / time.Second))}, "X-Amz-SignedHeaders": {"host"}, "X-Amz-Signature": {b.signature},
	}
	return d.storageURL + path + "?" + q.Encode()
}

func (d *desk) blobAt(path string) *blob {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.blobs[path]
}

// s3Error is the body of storage's refusals.
func s3Error(code, message string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>"
}

// s3Refusal is storage's way of saying no.
func s3Refusal(status int, code, message string) *answer {
	return respond(status, "application/xml", s3Error(code, message))
}

// storage is where signed URLs point to.
type storage struct{ *desk }

// classify finds the dataset of the file that a call asks for.
func (d storage) classify(c *call) {
	if b := d.blobAt(c.URL.Path); b != nil {
		c.dataset = b.dataset
	}
}

// answer answers signed URLs as S3 does: a second credential is refused, and
// the method is part of the signature.
func (d storage) answer(c *call) *answer {
	b := d.blobAt(c.URL.Path)
	switch {
	case c.Header.Get("Authorization") != "":
		return s3Refusal(400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case c.Header.Get("X-Api-Key-ID") != "" || c.Header.Get("X-Api-Key-Secret") != "":
		return s3Refusal(403, "AccessDenied", "Headers present which were not signed")
	case b == nil || c.URL.Query().Get("X-Amz-Signature") != b.signature || c.Method != b.method:
		return s3Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided")
	case !b.expires.After(d.clock()):
		return s3Refusal(403, "AccessDenied", "Request has expired")
	}
	if b.absent != nil {
		if a := b.absent(); a != nil {
			return a
		}
	}
	a := respond(200, b.mediaType, "")
	if b.data != nil {
		a.body = b.data()
	}
	return a.with(http.Header{"Etag": {`"` + b.signature[:16] + `"`}})
}
