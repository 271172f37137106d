package api

import (
	"maps"
	"net/http"
	"strconv"

	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// Answer is a response before it is sent.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Respond is an answer of one media type.
func Respond(status int, mediaType, body string) *Answer {
	return &Answer{status, http.Header{"Content-Type": {mediaType}}, []byte(body)}
}

// JSON is an answer with v as JSON.
func JSON(status int, v any) *Answer {
	return Respond(status, "application/json", string(export.CompactJSON(v)))
}

// OAuthError is the error of a token endpoint (RFC 6749 5.2).
func OAuthError(status int, code, description string) *Answer {
	return JSON(status, map[string]string{"error": code, "error_description": description})
}

// With is the answer with more headers.
func (a *Answer) With(header http.Header) *Answer {
	maps.Copy(a.Header, header)
	return a
}

// Send delivers the answer whole.
func (a *Answer) Send(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), a.Header)
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	w.Write(a.Body)
}
