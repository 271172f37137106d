package sailpoint

import (
	"context"
	"net/http"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// jobDownload is one file that the vendor makes when it is asked for.
const jobDownload = "download"

// accepts are the media types of files by the format that a contract expects.
var accepts = map[schemas.Format]string{schemas.ZIP: "application/zip", schemas.CSV: "text/csv"}

// download fetches the one file of a contract, which says:
//
//	job: download
//	path: outliers/export   # below the version
//	apis: [v2026, v1]       # as of a list
func (v *vendor) download(ctx context.Context, t *extract.Task, c *schemas.Contract) error {
	o := options{c.Export, nil}
	l := &listed{path: o.text("path"), apis: o.texts("apis")}
	o.only("job", "path", "apis", "refresh")
	if l.path == "" {
		o.wrong("it has no path")
	}
	if accepts[c.Format] == "" {
		o.wrong("a download is of the format zip or csv")
	}
	if len(o.faults) > 0 {
		return extract.Unusable(extract.StepPlan, "correct export in the contract", "%s: export: %s", c.Dataset, strings.Join(o.faults, "; "))
	}
	_, err := t.Download(ctx, extract.Part{Key: c.Plural(), Datasets: []string{c.Plural()}, Request: extract.Request{
		Step: extract.StepDownload, Method: http.MethodGet, Accept: accepts[c.Format], Path: pathIn(v.versionOf(l), strings.Split(l.path, "/")...)}})
	return err
}
