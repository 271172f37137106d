package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/accessmart/accessmart/schemas"
)

// lineError is the error when the connection, not the vendor, failed.
func (c *client) lineError(ctx context.Context, k *call, err error) error {
	var e *Error
	if errors.As(err, &e) {
		if e.Step == "" { // of the guard, which knows the address alone
			told := *e
			told.Step, told.What = k.step, k.what+": "+e.What
			return &told
		}
		return e
	}
	e = &Error{Step: k.step, Failure: schemas.FailureVendor, What: k.what, Err: cause(err),
		Hint: "check the network and the URL in the configuration"}
	if context.Cause(ctx) == errStalled {
		e.Err = errStalled
	}
	return silence(e)
}

// statusError reads the vendor's own words from an answer that is no success.
func (c *client) statusError(k *call, resp *http.Response) error {
	e := &Error{Step: k.step, Failure: schemas.FailureVendor, What: k.what, Status: resp.StatusCode, Hint: k.hint}
	judgeStatus(e, resp.Header, c.now())
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // only for the message: a cut body is no further fault
	switch {
	case k.bare:
		e.Failure = schemas.FailureVendor // a signed URL has no credentials that could be wrong
	case isMarkup(body):
		if e.Failure == schemas.FailureCredentials {
			e.Failure = schemas.FailureVendor
			e.Hint = "the answer is a web page: something in front of the API (proxy, firewall) refused the request"
		}
	default:
		if c.access.Explain != nil {
			e.Code, e.Message, e.TrackingID = c.access.Explain(resp.StatusCode, body)
		}
		if e.Code+e.Message == "" {
			e.Message = sentence(body)
		}
		c.clean(e)
		if e.Failure == schemas.FailureCredentials && e.Hint == "" {
			e.Hint = c.access.Rights
		}
	}
	switch {
	case e.Status >= 300 && e.Status < 400:
		e.Hint = "the vendor redirects this request; set the base URL to the address itself"
	case e.Hint != "" && !e.transient:
	case e.throttled:
		e.Hint = "the vendor limits requests; run again later, or set parallel lower"
	case e.transient:
		e.Hint = "the vendor's service is in trouble; run again later"
	default:
		e.Hint = "the vendor does not accept the request; check the source's configuration"
	}
	return e
}

// sentence is what an error body of a form that is not documented says: the
// text itself, or that of the member that is usually named so.
func sentence(body []byte) string {
	if !json.Valid(body) {
		return string(body)
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	for range 4 { // error: {message: …}, errors: [{detail: …}]
		switch x := v.(type) {
		case string:
			return x
		case []any:
			if v = nil; len(x) > 0 {
				v = x[0]
			}
		case map[string]any:
			v = nil
			for _, name := range []string{"message", "error_description", "errorMessage", "detail", "error", "errors", "messages", "title", "text", "reason"} {
				if v == nil {
					v = x[name]
				}
			}
		}
	}
	return ""
}

// clean takes secrets out of the vendor's own words.
func (c *client) clean(err error) error {
	var e *Error
	if errors.As(err, &e) {
		s := c.secrets()
		e.Code, e.Message, e.TrackingID = printable(e.Code, s...), printable(e.Message, s...), printable(e.TrackingID, s...)
	}
	return err
}

// notJSON is the error for an answer that cannot be read.
func notJSON(r Request, body []byte, err error) error {
	e := Broken(r.Step, "%s %s: the answer is not the JSON that is documented", r.Method, r.Path)
	var kind *json.UnmarshalTypeError
	switch {
	case isMarkup(body):
		e.What = fmt.Sprintf("%s %s: the answer is a web page", r.Method, r.Path)
		e.transient = true
	case errors.As(err, &kind):
		e.What += fmt.Sprintf(" (member %s is a JSON %s)", kind.Field, kind.Value)
	default:
		e.transient = true // a broken document may be a passing fault
	}
	return e
}
