package links

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/accessmart/accessmart/schemas"
)

// method is raised when package resolve, or what it is given here, answers otherwise than
// before, so that files are resolved anew.
const method = "2"

// run is what this resolution goes by.
func (o *Options) run() By {
	out := By{File: o.User.File, rules: o.rulesPrint()}
	if len(o.User.Domains) > 0 {
		text, err := json.Marshal(o.User.Domains) // sorted by key
		if err != nil {
			panic(err) // a map of texts
		}
		out.domains = string(text)
	}
	return out
}

// rulesPrint is a fingerprint of the rules, of what the contracts say of statements, and of
// how things are made.
func (o *Options) rulesPrint() string {
	h := sha256.New()
	fmt.Fprintln(h, method, schemas.ResolutionPrint(), o.Set.Common.References(), o.Set.Statements(), o.Things)
	for _, t := range o.Set.Common.Tables {
		if schemas.IsThing(t.Name) {
			fmt.Fprintln(h, o.Set.StatementsSQL(t.Name, schemas.CommonSchema))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
