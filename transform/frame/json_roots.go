package frame

import "github.com/accessmart/accessmart/schemas"

// ruleJoined is the rule of the finding that several lists were read as one.
const ruleJoined = "joined_lists"

// roots is which sort of values a text has at its root, and how many.
type roots struct {
	Sort  string
	Count int
}

const (
	RootArray    = "list"
	rootDocument = "document"
	rootRecord   = "record"
)

// root counts a value at the root. Lists one after another are pages of one
// list; that is read, and said. Anything else joined is not one delivery.
func (f *JSON) root(fr *Frame, sort string) error {
	f.Roots.Count++
	switch {
	case f.Roots.Count == 1:
		f.Roots.Sort = sort
	case f.Roots.Sort != sort:
		return f.joined("a " + sort + " stands behind a " + f.Roots.Sort)
	case sort == rootDocument:
		return f.joined("a second document stands behind the first")
	case sort == RootArray && f.Roots.Count == 2 && fr != nil:
		fr.Found.Add(schemas.Finding{Rule: ruleJoined, Detail: "several lists stand one after another; they were read as one", Count: 1})
	}
	return nil
}

func (f *JSON) joined(what string) error {
	return Fault(KindSyntax, "hand over each delivery as a file of its own", "%s", what)
}
