// Package review makes review packs of a finished file: what somebody should decide, in the
// order of its risks, and checks those that were filled. It opens no file and prints nothing.
package review

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
	"github.com/accessmart/accessmart/load/report"
	objects "github.com/accessmart/accessmart/sql"
)

// A NothingToldError says that no source tells what would be reviewed.
type NothingToldError struct{ text string }

func (e *NothingToldError) Error() string { return e.text }

func nothingTold(format string, args ...any) error {
	return &NothingToldError{fmt.Sprintf(format, args...)}
}

// columns of a pack that a reviewer fills, which stand first.
var toFill = []objects.Column{
	{Name: "decision", Comment: "to be filled: approve, revoke or modify; left empty: not decided"},
	{Name: "comment", Comment: "to be filled: why, in your own words"},
	{Name: "decided_on", Comment: "to be filled: the day of the decision, such as 2026-03-31"},
}

// columns of a pack by which a decision is known again, which stand last.
var toKnow = []objects.Column{
	{Name: "pack", Comment: "what the pack is about, and the run that made the file"},
	{Name: "item", Comment: "fingerprint of pack, identity_key, account_key, target_kind, target_key (of a campaign review_key), privilege, target and person_email; do not change it or them"},
}

// filled and known are the SQL of toFill and toKnow; [fingerprint] is item in Go. It covers
// what a decision is loaded with, so that it cannot stand beside somebody else.
const (
	filled = "null::varchar as decision, null::varchar as comment, null::date as decided_on, "
	known  = `, {{.pack}} as pack, md5(concat_ws('|', {{.pack}}, coalesce(q.identity_key, ''), coalesce(q.account_key, ''), coalesce(q.target_kind, ''), coalesce(about, ''),
	coalesce(q.privilege, ''), coalesce(q.target, ''), coalesce(q.person_email, ''))) as item`
)

var (
	accessOf = database.Parse(filled + "q.* exclude (path)" + strings.ReplaceAll(known, "about", "q.target_key"))
	itemsOf  = database.Parse(filled + "q.*" + strings.ReplaceAll(known, "about", "q.review_key"))
)

// Pack asks what is to be decided about an application, about the access of the direct reports
// of a person, or in a campaign of [Campaigns], by the kind of the thing. The caller closes the
// answer.
//
// Errors: a [NothingToldError] if no source says who has what in the application, or whose
// manager the person is; those of [report.About] and [report.Report.AskAbout].
func Pack(ctx context.Context, f *read.File, about find.Thing) (*report.Answer, error) {
	if about.Kind == campaign {
		source := strings.TrimSuffix(about.Key, ":"+about.Name)
		return pack(ctx, f, "undecided_reviews", about.Name, fmt.Sprintf("what is not decided in campaign %s of %s", about.Name, source), itemsOf, "q.source = "+database.Text(source))
	}
	only := fmt.Sprintf("what is reached in application %s (%s)", about.Name, about.Key)
	if about.Kind == "identity" {
		only = fmt.Sprintf("what the direct reports of %s (%s) reach", about.Name, about.Key)
	}
	r, err := report.About(ctx, f, "to_review")
	if err == nil {
		err = r.Ready()
	}
	if err == nil {
		err = told(ctx, f, about)
	}
	if err != nil {
		return nil, err
	}
	return pack(ctx, f, "to_review", about.Key, only, accessOf, "true")
}

// pack asks a question with the columns that a reviewer fills before its own, and those by
// which a decision is known again behind them.
func pack(ctx context.Context, f *read.File, question, key, only string, columns *database.Template, where database.SQL) (*report.Answer, error) {
	r, err := report.About(ctx, f, question)
	if err != nil {
		return nil, err
	}
	var made time.Time
	if err := f.Each(ctx, "select max(as_of) from meta.runs", func(row []read.Value) { made = row[0].Time() }); err != nil {
		return nil, err
	}
	name := key + " at " + made.UTC().Format(time.RFC3339)
	a, err := r.AskAbout(ctx, f, key, only, columns.Fill(database.Values{"pack": name}), where)
	if err == nil {
		a.Object.Columns = slices.Concat(toFill, a.Object.Columns, toKnow)
	}
	return a, err
}

// campaign is the kind of a [find.Thing] that is one.
const campaign = "campaign"

// Campaigns finds the campaigns that a text means: SOURCE:NAME, else a name as it is written,
// else one in another case. Their keys are SOURCE:NAME. A file without reviews has none.
//
// Errors: a [report.MissingError] if no source delivered reviews, or what DuckDB says.
func Campaigns(ctx context.Context, f *read.File, text string) (*find.Found, error) {
	r, err := report.About(ctx, f, "undecided_reviews")
	if err == nil {
		err = r.Ready()
	}
	if err != nil {
		return nil, err
	}
	out := &find.Found{}
	for _, condition := range []*database.Template{campaignKey, campaignName, campaignSpelled, campaignNear} {
		var found []find.Thing
		err := f.Each(ctx, string(campaignsOf.Fill(database.Values{"condition": condition.Fill(database.Values{"text": text})})), func(row []read.Value) {
			found = append(found, find.Thing{Kind: campaign, Key: row[0].Text + ":" + row[1].Text, Name: row[1].Text, What: fmt.Sprintf("%d items", row[2].Int()), Sources: []string{row[0].Text}})
		})
		if err != nil {
			return nil, err
		}
		if condition == campaignNear {
			out.Near = found
		} else if len(found) > 0 {
			out.Things = found
			break
		}
	}
	return out, nil
}

var (
	campaignsOf     = database.Parse("select source, campaign, count(*) from main.reviews where campaign is not null and {{.condition}} group by all order by 1, 2")
	campaignKey     = database.Parse("source || ':' || campaign = {{.text}}")
	campaignName    = database.Parse("campaign = {{.text}}")
	campaignSpelled = database.Parse("lower(campaign) = lower(trim({{.text}}))")
	campaignNear    = database.Parse("(contains(lower(campaign), lower(trim({{.text}}))) or jaro_winkler_similarity(lower(campaign), lower({{.text}})) >= 0.8)")
)

var (
	grantsOf  = database.Parse("select count(*) from closure.nodes where application_key = {{.key}} and kind not in ('account', 'identity')")
	reportsOf = database.Parse("select count(*) from main.identities where manager_identity_key = {{.key}}")
)

// told refuses a thing about which an empty pack would look like an answer.
func told(ctx context.Context, f *read.File, about find.Thing) error {
	query := grantsOf
	if about.Kind == "identity" {
		query = reportsOf
	}
	n := int64(0)
	err := f.Each(ctx, string(query.Fill(database.Values{"key": about.Key})), func(row []read.Value) { n = row[0].Int() })
	switch {
	case err != nil || n > 0:
		return err
	case about.Kind == "identity":
		return nothingTold("no source says that %s (%s) is the manager of anybody, so that the file cannot say what is to be decided; 'accessmart query \"select identity_key, display_name from identities where identity_key in (select manager_identity_key from identities)\"' lists the managers", about.Name, about.Key)
	}
	return nothingTold("no export lists who has what in application %s (%s), so that the file cannot say what is to be decided; 'accessmart report coverage' says what each source delivers", about.Name, about.Key)
}
