package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Draft is a contract to be laid over another, so that columns which come under
// other names are read: the text of a file of the contracts folder, which is
// valid as it stands.
type Draft struct {
	Text     string
	Proposed int // columns for which it proposes a name; the others are in comments
}

// WhereToKeep says where the text of a draft belongs: a folder has one file for
// each dataset.
func (c *Contract) WhereToKeep() string {
	if own, ok := strings.CutPrefix(c.File, userFolder); ok {
		return "add the lines below columns to " + own + " in the folder of contracts"
	}
	return "keep this as " + c.Vendor() + "/" + c.Plural() + ".yaml in the folder of contracts"
}

// likely is the least share of words in common for which a header is proposed.
const likely = 0.5

// maxDrafted bounds what a comment lists.
const maxDrafted = 40

// Draft drafts the contract from the columns that nothing was delivered for and
// the headers that no column reads. fits tells whether what a header stands over
// reads as the column; others are not considered. A name is proposed where it
// shares half of its words with a column's, or is the only one called like an address
// for a column of addresses, and each is the other's best. That is a guess, and the text
// says so.
func (c *Contract) Draft(common *Common, missing, unknown []string, fits func(column, header string) bool) Draft {
	var d Draft
	var b strings.Builder
	fmt.Fprintf(&b, "# %s under other names than the built-in contract knows.\n", c.Dataset)
	b.WriteString("# Lines without # in front are guesses by the names: compare each with what the column holds before you use it.\n")
	fmt.Fprintf(&b, "dataset: %s\ncolumns:\n", c.Dataset)
	keys := c.keyed(common)
	fitting := map[string][]string{}
	for _, name := range missing {
		fitting[name] = slices.DeleteFunc(slices.Clone(unknown), func(h string) bool { return !fits(name, h) })
	}
	taken := c.proposals(missing, fitting)
	for _, name := range missing {
		col := c.Column(name)
		if col == nil {
			continue
		}
		var notes []string
		if keys[name] {
			notes = append(notes, "keys are made of it")
		}
		notes = append(notes, "so far: "+strings.Join(col.From, " | "))
		if header := taken[name]; header != "" {
			d.Proposed++
			fmt.Fprintf(&b, "  %s: {from: [%s]} # %s\n", name, Flow(header), inComment(strings.Join(notes, "; ")))
			continue
		}
		if perhaps := col.candidates(fitting[name]); len(perhaps) > 0 {
			notes = append(notes, "perhaps: "+strings.Join(perhaps, " | "))
		}
		fmt.Fprintf(&b, "  # %s: {from: [\"\"]} # %s\n", name, inComment(strings.Join(notes, "; ")))
	}
	left := slices.DeleteFunc(slices.Clone(unknown), func(h string) bool {
		for _, header := range taken {
			if header == h {
				return true
			}
		}
		return false
	})
	if len(left) > 0 {
		more := ""
		if len(left) > maxDrafted {
			more = fmt.Sprintf(" and %d more", len(left)-maxDrafted)
			left = left[:maxDrafted]
		}
		fmt.Fprintf(&b, "# Headers that no line above reads: %s%s\n", inComment(strings.Join(left, " | ")), more)
	}
	d.Text = b.String()
	return d
}

// proposals gives missing columns the headers that are likely theirs.
func (c *Contract) proposals(missing []string, fitting map[string][]string) map[string]string {
	out := map[string]string{}
	for _, name := range missing {
		col := c.Column(name)
		if col == nil {
			continue
		}
		h := col.Likely(fitting[name])
		score := col.score(h)
		if h == "" || !col.claims(h, fitting[name]) {
			continue
		}
		rival := slices.ContainsFunc(missing, func(other string) bool {
			o := c.Column(other)
			return o != nil && other != name && !slices.Equal(o.From, col.From) && o.score(h) >= score &&
				slices.Contains(fitting[other], h) && o.claims(h, fitting[other])
		})
		if !rival {
			out[name] = h
		}
	}
	return out
}

// claims tells whether a header, one of those that fit the column, is likely its: by half of
// its words or, for a column of addresses, as the only one that is called like an address.
func (c *Column) claims(header string, fitting []string) bool {
	if c.score(header) >= likely {
		return true
	}
	address := func(h string) bool { return headerWords(h)["email"] }
	others := func(h string) bool { return h != header && address(h) }
	return c.Type == Email && address(header) && !slices.ContainsFunc(fitting, others)
}

// candidates are headers that share a word with a name of the column or hold what
// only few columns do, such as dates; at most a few.
func (c *Column) candidates(fitting []string) (out []string) {
	for _, h := range fitting {
		if (c.score(h) > 0 || !c.Type.IsText() && c.Type != JSON && c.Type != List || c.Type == Email) && len(out) < 4 {
			out = append(out, h)
		}
	}
	return out
}

// keyed are the columns that keys of the common model are made of.
func (c *Contract) keyed(common *Common) map[string]bool {
	out := map[string]bool{}
	for _, n := range c.Needs(common) {
		for _, w := range n.Ways {
			for _, name := range w.Columns {
				out[name] = out[name] || n.isKey()
			}
		}
	}
	return out
}

// inComment is a text that stays on its line.
func inComment(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}
