package transform

import (
	"errors"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/transform/frame"
)

// TestJSONRemark puts an object that is about the list into it.
func TestJSONRemark(t *testing.T) {
	const record = `{"accountName":"A","email":"a@x.com","userId":"1","userName":"a","userStatus":"enabled","application":"Okta","applicationInstance":"i"}`
	for object, want := range map[string]string{
		`{"status":"truncated","message":"limit of 2 reached"}`:                    "partial",
		`{"status":"error","detail":"timeout after 5 of 300"}`:                     "partial",
		`{"status":"partial"}`:                                                     "partial",
		`{"truncated":true}`:                                                       "partial",
		`{"hasMore":true,"nextToken":"abc"}`:                                       "partial",
		`{"complete":false,"count":2}`:                                             "partial",
		`{"status":"ok","message":"2 records"}`:                                    "reject",
		`{"status":"complete","count":2,"hasMore":false}`:                          "reject",
		`{"type":"summary","total":2}`:                                             "partial",
		`{"status":"enabled","note":"x"}`:                                          "reject",
		`{"status":"enabled","page":1,"of":"b"}`:                                   "reject",
		`{"isAdmin":false,"of":"b"}`:                                               "reject",
		`{"status":"enabled"}`:                                                     "reject",
		`{"status":"enabled","userName":"b"}`:                                      "row",
		`{"status":"enabled","userId":"partial","message":"limit of 2 reached"}`:   "row",
		`{"application":"Okta","applicationInstance":"i","accountName":"b limit"}`: "row",
	} {
		c, common := contractOf(t, "oleria.access_inventory_application_accounts_v2")
		for _, text := range []string{"[" + record + "," + object + "]", record + "\n" + object + "\n" + record + "\n", object + "\n" + record + "\n"} {
			r, err := transformedBy(t, c, common, Options{}, input(text))
			var e *frame.Error
			got := "row"
			switch {
			case errors.As(err, &e) && (e.Kind == frame.KindTruncated || strings.Contains(err.Error(), "an error message stands")):
				got = "partial"
			case err != nil:
				got = err.Error()
			case len(r.rejects) == 1:
				got = "reject"
			}
			if got != want {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
		}
	}
}
