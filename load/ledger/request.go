package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// requestFingerprint is the same for exports that were asked for in the same words,
// whichever parts and pages there were. For a filtered export it depends on the parts too.
func requestFingerprint(e *schemas.Export) string {
	var asked []string
	for i := range e.Parts {
		p := &e.Parts[i]
		var request any
		if json.Unmarshal(p.Request, &request) == nil {
			data, err := json.Marshal(general(request, p.Context)) // keys come sorted
			if err != nil {
				panic(err) // it was JSON
			}
			asked = append(asked, string(data))
		}
	}
	if e.Filtered {
		asked = append(asked, e.PartLabels()...)
	}
	slices.Sort(asked)
	h := sha256.New()
	for _, a := range slices.Compact(asked) {
		fmt.Fprintln(h, a)
	}
	fmt.Fprintln(h, e.Filtered)
	return hex.EncodeToString(h.Sum(nil))
}

// general is a request without what distinguishes one part from another: the values that
// belong to the part, and the position of its page in a list.
func general(v any, facts map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "searchAfter")
		for key, x := range v {
			v[key] = general(x, facts)
		}
	case []any:
		for i, x := range v {
			v[i] = general(x, facts)
		}
	case string:
		for _, fact := range facts {
			if fact != "" && (v == fact || strings.HasPrefix(v, "/")) {
				v = strings.ReplaceAll(strings.ReplaceAll(v, url.PathEscape(fact), "*"), fact, "*")
			}
		}
		if path, query, ok := strings.Cut(v, "?"); ok && strings.HasPrefix(v, "/") {
			if q, err := url.ParseQuery(query); err == nil {
				for _, place := range []string{"offset", "limit", "count", "searchAfter"} {
					q.Del(place)
				}
				v = path + "?" + q.Encode()
			}
		}
		return v
	}
	return v
}
