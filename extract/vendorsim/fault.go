package vendorsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
	"github.com/accessmart/accessmart/extract/vendorsim/sailpoint"
)

// Fault is something that goes wrong with a request or with the job that the
// request starts. The functions below make them.
type Fault struct {
	name   string
	job    func(*api.Job)                                                      // changes a job as it is created
	before func(s *Server, w http.ResponseWriter, r *http.Request) *api.Answer // answers instead of the vendor; nil answer means: let the vendor answer
	send   func(w http.ResponseWriter, r *http.Request, a *api.Answer)         // delivers the vendor's answer
}

// String is the fault's name, as the request log shows it.
func (f Fault) String() string { return f.name }

func instead(name string, a *api.Answer) Fault {
	return Fault{name: name, before: func(*Server, http.ResponseWriter, *http.Request) *api.Answer {
		return &api.Answer{Status: a.Status, Header: maps.Clone(a.Header), Body: a.Body}
	}}
}

// SlowJob makes the job that the request starts pending for so many polls.
// It hits only requests that start a job.
func SlowJob(polls int) Fault {
	return Fault{name: "slow job", job: func(j *api.Job) { j.Pending = polls }}
}

// FailJob ends the job in its vendor's failed state, after its usual polls.
// Oleria tells code and message, sp-config the message, role mining neither.
// BalkanID documents no failure: there the file is never ready.
func FailJob(code, message string) Fault {
	return Fault{name: "failed job", job: func(j *api.Job) { j.FailCode, j.FailMessage, j.Failed = code, message, true }}
}

// JobStatus makes every poll of the job answer with this word instead of a
// documented status. For BalkanID, which polls by HTTP status, it is a number.
func JobStatus(word string) Fault {
	return Fault{name: "job status", job: func(j *api.Job) { j.Word = word }}
}

// ExpiredURL refuses a signed URL as too old.
func ExpiredURL() Fault {
	return instead("expired URL", api.Respond(403, "application/xml", api.S3Error("AccessDenied", "Request has expired")))
}

// TooMany answers 429. retryAfter is the header's value, seconds or an HTTP
// date; empty leaves it out.
func TooMany(retryAfter string) Fault {
	return Fault{name: "429", before: func(s *Server, w http.ResponseWriter, r *http.Request) *api.Answer {
		a := api.Respond(429, "application/json", `{"code":"TOO_MANY_REQUESTS","message":"rate limit exceeded"}`)
		if vendorOf(r) == "sailpoint" {
			a.Body = []byte(`{"message":" Rate Limit Exceeded "}`)
		}
		if retryAfter != "" {
			a.Header.Set("Retry-After", retryAfter)
		}
		return a
	}}
}

// TooManyUntil is TooMany with Retry-After as an HTTP date.
func TooManyUntil(t time.Time) Fault { return TooMany(t.UTC().Format(http.TimeFormat)) }

// Status answers with a bare status and a body of the vendor's kind: 500, 503.
func Status(code int) Fault {
	return Fault{name: strconv.Itoa(code), before: func(s *Server, w http.ResponseWriter, r *http.Request) *api.Answer {
		switch vendorOf(r) {
		case "sailpoint":
			return sailpoint.Error(code, fmt.Sprintf("%d.0 %s", code, http.StatusText(code)), "An internal fault occurred.")
		case "storage":
			return api.Respond(code, "application/xml", api.S3Error("InternalError", "We encountered an internal error. Please try again."))
		}
		return api.Respond(code, "application/json", `{"code":"INTERNAL","message":"`+http.StatusText(code)+`"}`)
	}}
}

// Refusal answers with a message of the test's own, in the vendor's form: one
// that repeats what it was sent, say.
func Refusal(code int, message string) Fault {
	return Fault{name: "refusal", before: func(s *Server, w http.ResponseWriter, r *http.Request) *api.Answer {
		quoted := string(export.CompactJSON(message))
		switch {
		case strings.Contains(r.URL.Path, "token"):
			return api.Respond(code, "application/json", `{"error":"invalid_client","error_description":`+quoted+`}`)
		case vendorOf(r) == "sailpoint":
			return sailpoint.Error(code, strconv.Itoa(code), message)
		case vendorOf(r) == "storage":
			return api.Respond(code, "application/xml", api.S3Error("AccessDenied", message))
		}
		return api.Respond(code, "application/json", `{"code":"REFUSED","message":`+quoted+`}`)
	}}
}

// HTMLPage answers with a web page, as a proxy in front of an API does.
func HTMLPage(code int) Fault {
	return instead("HTML page", api.Respond(code, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body><h1>Something went wrong</h1></body></html>\n"))
}

// EmptyBody answers 200 with nothing in it.
func EmptyBody() Fault { return instead("empty body", api.Respond(200, "application/json", "")) }

// Payload delivers these bytes instead of the vendor's, with its status and
// headers: a ZIP bomb, UTF-16, a line without end.
func Payload(data []byte) Fault {
	return Fault{name: "payload", send: func(w http.ResponseWriter, r *http.Request, a *api.Answer) {
		a.Body = data
		a.Send(w, r)
	}}
}

// ShortArchive takes the last rows out of the first CSV of a ZIP that is
// delivered. The archive is whole and well-formed: only its list is short.
func ShortArchive(rows int) Fault {
	return Fault{name: "short archive", send: func(w http.ResponseWriter, r *http.Request, a *api.Answer) {
		a.Body = export.ShortenZip(a.Body, rows)
		a.Send(w, r)
	}}
}

// PastWindow refuses a page of a SailPoint list that begins at this offset or
// beyond, as searches do, whatever the list holds there.
func PastWindow(offset int) Fault {
	return Fault{name: "past the window", before: func(s *Server, w http.ResponseWriter, r *http.Request) *api.Answer {
		if at, err := strconv.Atoi(r.URL.Query().Get("offset")); err != nil || at < offset {
			return nil
		}
		return sailpoint.Bad(fmt.Sprintf("The offset must be below %d.", offset))
	}}
}

// ShortList leaves the last records out of a page of a SailPoint list. The
// page is well-formed. Its total, where it has one, stays as it was, or agrees
// with what is left: then only a count of the vendor's elsewhere tells.
func ShortList(records int, agrees bool) Fault {
	return Fault{name: "short list", send: func(w http.ResponseWriter, r *http.Request, a *api.Answer) {
		var list []json.RawMessage
		if a.Status == http.StatusOK && json.Unmarshal(a.Body, &list) == nil {
			left := max(len(list)-records, 0)
			if total, err := strconv.Atoi(a.Header.Get("X-Total-Count")); err == nil && agrees {
				a.Header.Set("X-Total-Count", strconv.Itoa(total-len(list)+left))
			}
			a.Body = export.CompactJSON(list[:left])
		}
		a.Send(w, r)
	}}
}

// Redirect sends the client to another address, with a status such as 302 or
// 307: credentials must not follow.
func Redirect(status int, location string) Fault {
	a := api.Respond(status, "text/plain", "")
	a.Header.Set("Location", location)
	return instead("redirect", a)
}

// Hang answers only when the gate gives or is closed: the vendor is there, and
// silent.
func Hang(gate <-chan struct{}) Fault {
	return Fault{name: "hang", before: func(s *Server, w http.ResponseWriter, r *http.Request) *api.Answer {
		select {
		case <-gate:
			return nil
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}}
}

// Arrival calls f when the request has arrived, then lets the vendor answer: a
// test may do something to the line between, for this very answer.
func Arrival(f func()) Fault {
	return Fault{name: "arrival", before: func(*Server, http.ResponseWriter, *http.Request) *api.Answer {
		f()
		return nil
	}}
}

// RefuseToken refuses a request for a token: the client is unknown.
func RefuseToken() Fault {
	return instead("token refused", api.Respond(401, "application/json", `{"error":"invalid_client","error_description":"client authentication failed"}`))
}

// ExpireToken ends the life of the token that the request carries before its
// time: this request and all later ones with it get the vendor's 401.
func ExpireToken() Fault {
	return Fault{name: "token expired", before: func(s *Server, w http.ResponseWriter, r *http.Request) *api.Answer {
		s.desk.Revoke(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		return nil
	}}
}

// DropBeforeHeaders closes the connection without a word. Note that Go's
// client repeats an idempotent request by itself when that happens on a
// connection it had used before.
func DropBeforeHeaders() Fault {
	return Fault{name: "dropped before headers", before: func(*Server, http.ResponseWriter, *http.Request) *api.Answer { panic(http.ErrAbortHandler) }}
}

// DropAfterHeaders sends status and headers, then closes the connection.
func DropAfterHeaders() Fault {
	return Fault{name: "dropped after headers", send: func(w http.ResponseWriter, r *http.Request, a *api.Answer) {
		sendPart(w, a, max(len(a.Body), 1), 0)
		panic(http.ErrAbortHandler)
	}}
}

// Truncated announces the right length, sends a part of the body (keep is a
// share between 0 and 1) and closes the connection.
func Truncated(keep float64) Fault {
	return Fault{name: "truncated body", send: func(w http.ResponseWriter, r *http.Request, a *api.Answer) {
		sendPart(w, a, len(a.Body), min(int(float64(len(a.Body))*keep), max(len(a.Body)-1, 0)))
		panic(http.ErrAbortHandler)
	}}
}

// WrongLength announces a length that is off by delta bytes. Above the truth
// the client waits for bytes that never come, and the connection closes; below
// it, the client sees a shorter body, whole by its header.
func WrongLength(delta int) Fault {
	return Fault{name: "wrong length", send: func(w http.ResponseWriter, r *http.Request, a *api.Answer) {
		n := max(len(a.Body)+delta, 0)
		sendPart(w, a, n, min(n, len(a.Body)))
		if n != len(a.Body) {
			panic(http.ErrAbortHandler)
		}
	}}
}

// Drip sends the body in pieces of so many bytes, each only after a receive
// from the gate; a closed gate lets the rest through.
func Drip(gate <-chan struct{}, piece int) Fault {
	return Fault{name: "drip", send: func(w http.ResponseWriter, r *http.Request, a *api.Answer) {
		sendPart(w, a, len(a.Body), 0)
		for rest := a.Body; len(rest) > 0; {
			select {
			case <-gate:
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
			n := min(max(piece, 1), len(rest))
			w.Write(rest[:n])
			http.NewResponseController(w).Flush()
			rest = rest[n:]
		}
	}}
}

// sendPart sends the headers with a length of announced and the first bytes.
func sendPart(w http.ResponseWriter, a *api.Answer, announced, bytes int) {
	maps.Copy(w.Header(), a.Header)
	w.Header().Set("Content-Length", strconv.Itoa(announced))
	w.WriteHeader(a.Status)
	w.Write(a.Body[:bytes])
	http.NewResponseController(w).Flush()
}
