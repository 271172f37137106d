package load

import (
	"fmt"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// origin is where the rows of an export come from, with the SQL for it.
type origin struct {
	source, dataset string
	where           database.SQL // condition: a row is of the source and dataset
	artifact        database.SQL // expression: the artifact of a row in a feed
	moment          time.Time    // _valid_from of new rows
}

var whereOf = database.Parse(`_source = {{.source}} and _dataset = {{.dataset}}`)

func newOrigin(e *schemas.Export, moment time.Time) origin {
	return origin{source: e.Source, dataset: e.Dataset, artifact: artifactOf(e.Parts), moment: moment,
		where: whereOf.Fill(database.Values{"source": e.Source, "dataset": e.Dataset})}
}

var pieceOf = database.Parse(`substr({{.all}}, {{.part}} * {{.width}} + 1, {{.width}})`)

// artifactOf is the expression for the artifact of a row in a feed. It uses the
// part also where there is only one; see [pickColumn].
//
// All artifacts are in one text, of which a row takes its piece: a list of them would
// be an expression for each part, which DuckDB would evaluate for each batch. They are
// hashes of one length. If they are not, they are padded with blanks that rtrim removes,
// which costs more than all the rest.
func artifactOf(parts []schemas.Part) database.SQL {
	width, filled := 0, false
	for _, p := range parts {
		filled = filled || len(p.Artifact) != len(parts[0].Artifact)
		width = max(width, len(p.Artifact))
	}
	var all strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&all, "%-*s", width, p.Artifact)
	}
	piece := pieceOf.Fill(database.Values{"all": all.String(), "part": database.Ident(schemas.PartColumn), "width": width})
	if filled {
		return "rtrim(" + piece + ")"
	}
	return piece
}

// values are the expressions that fill the layout of t from a feed.
func (o *origin) values(t *schemas.Table) database.SQL {
	var out []database.SQL
	for i, f := range t.Fields {
		out = append(out, database.Ident(f.Name))
		if i == 0 && t.IsCommon() {
			out = append(out, database.Text(o.source))
		}
	}
	out = append(out, database.Text(o.source), database.Text(o.dataset), o.artifact, database.Ident(schemas.RecordColumn), database.Instant(o.moment), database.Ident(schemas.HashColumn))
	return database.Join(out, ", ")
}

// qualified is schema.name of a table, quoted.
func qualified(t *schemas.Table) database.SQL { return database.Name(t.Schema, t.Name) }
