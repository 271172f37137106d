package vendorsim

import (
	"maps"
	"net/http"
	"strconv"
)

// answer is a response before it is sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// respond is an answer of one media type.
func respond(status int, mediaType, body string) *answer {
	return &answer{status, http.Header{"Content-Type": {mediaType}}, []byte(body)}
}

// jsonAnswer is an answer with v as JSON.
func jsonAnswer(status int, v any) *answer {
	return respond(status, "application/json", string(compactJSON(v)))
}

// oauthError is the error of a token endpoint (RFC 6749 5.2).
func oauthError(status int, code, description string) *answer {
	return jsonAnswer(status, map[string]string{"error": code, "error_description": description})
}

// with is the answer with more headers.
func (a *answer) with(header http.Header) *answer {
	maps.Copy(a.header, header)
	return a
}

// send delivers the answer whole.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), a.header)
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}
