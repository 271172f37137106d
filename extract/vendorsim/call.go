package vendorsim

import (
	"mime"
	"net/http"
	"regexp"
)

// call is a request with what the simulator found out about it.
type call struct {
	*http.Request
	vendor  string
	body    []byte
	dataset string
	starts  bool       // begins a job
	onJob   func(*job) // changes the job that it begins; nil: nothing does
}

// mediaType is that of the call's body.
func (c *call) mediaType() string {
	m, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	return m
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// isUUID says whether an id has the form of the desk's ids.
func isUUID(id string) bool { return uuidForm.MatchString(id) }
