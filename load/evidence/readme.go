package evidence

import (
	"fmt"
	"strings"
	"time"
)

// readme says in plain words what the pack is.
func (p *maker) readme() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("# Evidence on access, as of %s", p.m.AsOf.Format(time.RFC3339Nano))
	say("")
	say("Made by accessmart %s with DuckDB %s from a file whose state at that moment is that of run %s, of %s.", p.m.Program, p.m.DuckDB, p.m.Run, p.m.RunAt.Format(time.RFC3339Nano))
	if !p.m.IsNewest {
		say("The file has later runs. What macros answer about that moment is in the pack; reports, which judge the newest state of a file alone, are not.")
	}
	say("It says what exports of the vendors said, and what follows from that. Whether a control is met is for people to judge.")
	say("\n## Population\n")
	for _, a := range p.m.Answers {
		if strings.HasPrefix(a.Folder, "population/") {
			say("- %s", p.line(a))
		}
	}
	for _, c := range p.Controls {
		say("\n## %s\n\n%s\n", c.Name, c.Asks)
		for _, name := range c.Answers {
			say("- %s", p.line(p.answerOf(name)))
		}
	}
	say("\n## How good the data is\n")
	for _, name := range readCatalogue().Always {
		say("- %s", p.line(p.answerOf(name)))
	}
	say("\n## Ledger\n\nOf the runs up to that moment:\n")
	for _, l := range p.ledgerTables() {
		say("- ledger/%s: %s.", l.name, l.about)
	}
	say(`
## How to read it

- Each answer has a folder. about.md says what it rests on: as of when, from which sources, what was not delivered or not current, and what it does not say. Read it before the rows.
- rows.csv and rows.parquet are the same rows. In CSV an empty cell is a value that nobody told or an empty text, and a text that a spreadsheet could run as a formula has a leading apostrophe; Parquet is exact.
- query.sql is what was asked of the file, and what the report or macro is made of.
- Times are in UTC.

## How to check it

'accessmart evidence verify PACK' computes each hash anew and says what was changed, added or removed, and whether the runs are bound to one another without a gap. With --database FILE it also compares the pack with the file.
manifest.json lists the SHA-256 of each other member but %s. These are checksums, not signatures: who can write the pack can compute them anew. To prove that nobody did, keep the SHA-256 of the whole pack elsewhere on the day when it is made.`, sumName)
	return b.String()
}

// line is an answer in one line.
func (p *maker) line(a Answer) string {
	if a.Because != "" {
		return fmt.Sprintf("%s: not answered, because %s.", a.Folder, a.Because)
	}
	return fmt.Sprintf("%s: %s Rows: %d.", a.Folder, a.question, a.Rows)
}

// answerOf is what became of a question of a control.
func (p *maker) answerOf(name string) Answer {
	for _, a := range p.m.Answers {
		if a.Folder == "answers/"+name {
			return a
		}
	}
	panic("evidence: " + name + " was not asked") // questions has those of all controls
}
