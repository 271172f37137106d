package api

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

// Blob is what a signed URL points to.
type Blob struct {
	Vendor, Dataset string
	Method          string // the only one that the URL is good for
	MediaType       string
	Data            func() []byte  // nil for a polling URL
	Absent          func() *Answer // what is answered while the file is not there; it may be nil, and so may its answer

	expires   time.Time
	signature string
}

// Sign makes a URL of a file of this name. It is good for the desk's URLLife.
func (d *Desk) Sign(b *Blob, name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.issued++
	now := d.Clock().UTC()
	path := "/" + b.Vendor + "-exports/" + d.ID("blob", strconv.Itoa(d.issued)) + "/" + name
	b.expires = now.Add(d.URLLife)
	mac := hmac.New(sha256.New, []byte("storage key"))
	fmt.Fprintf(mac, "%s\n%s\n%d\n%d", b.Method, path, b.expires.UnixNano(), d.issued)
	b.signature = hex.EncodeToString(mac.Sum(nil))
	if d.blobs == nil {
		d.blobs = map[string]*Blob{}
	}
	d.blobs[path] = b
	d.spilt = append(d.spilt, b.signature)
	q := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Date": {now.Format("20060102T150405Z")},
		"X-Amz-Expires": {strconv.Itoa(int(d.URLLife / time.Second))}, "X-Amz-SignedHeaders": {"host"}, "X-Amz-Signature": {b.signature},
	}
	return d.Storage() + path + "?" + q.Encode()
}

func (d *Desk) blobAt(path string) *Blob {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.blobs[path]
}

// S3Error is the body of storage's refusals.
func S3Error(code, message string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>"
}

// S3Refusal is storage's way of saying no.
func S3Refusal(status int, code, message string) *Answer {
	return Respond(status, "application/xml", S3Error(code, message))
}

// Storage is where signed URLs point to.
type Storage struct{ *Desk }

// Classify finds the dataset of the file that a call asks for.
func (d Storage) Classify(c *Call) {
	if b := d.blobAt(c.URL.Path); b != nil {
		c.Dataset = b.Dataset
	}
}

// Answer answers signed URLs as S3 does: a second credential is refused, and
// the method is part of the signature.
func (d Storage) Answer(c *Call) *Answer {
	b := d.blobAt(c.URL.Path)
	switch {
	case c.Header.Get("Authorization") != "":
		return S3Refusal(400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case c.Header.Get("X-Api-Key-ID") != "" || c.Header.Get("X-Api-Key-Secret") != "":
		return S3Refusal(403, "AccessDenied", "Headers present which were not signed")
	case b == nil || c.URL.Query().Get("X-Amz-Signature") != b.signature || c.Method != b.Method:
		return S3Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided")
	case !b.expires.After(d.Clock()):
		return S3Refusal(403, "AccessDenied", "Request has expired")
	}
	if b.Absent != nil {
		if a := b.Absent(); a != nil {
			return a
		}
	}
	a := Respond(200, b.MediaType, "")
	if b.Data != nil {
		a.Body = b.Data()
	}
	return a.With(http.Header{"Etag": {`"` + b.signature[:16] + `"`}})
}
