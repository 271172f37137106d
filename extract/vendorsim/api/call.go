package api

import (
	"mime"
	"net/http"
	"regexp"
)

// Call is a request with what the simulator found out about it.
type Call struct {
	*http.Request
	Vendor  string
	Body    []byte
	Dataset string
	Starts  bool       // begins a job
	OnJob   func(*Job) // changes the job that it begins; nil: nothing does
}

// MediaType is that of the call's body.
func (c *Call) MediaType() string {
	m, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	return m
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// IsUUID says whether an id has the form of the desk's ids.
func IsUUID(id string) bool { return uuidForm.MatchString(id) }
