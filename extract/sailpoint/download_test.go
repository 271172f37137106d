package sailpoint_test

import (
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
)

// A file is asked for once, in the version of the API that has it.
func TestDownload_oneFile(t *testing.T) {
	zipped := archive(t)
	file := contract("outliers", options{"job": "download", "path": "outliers/export", "apis": []any{"v2026", "v1"}})
	file.Format = schemas.ZIP
	b := newBench(t)
	b.api.On("GET /outliers/v1/export", scripted.Body(200, "application/zip", zipped))
	e := b.run([]*schemas.Contract{file})["outliers"]
	if !e.Complete || len(e.Parts) != 1 || e.Parts[0].Bytes != int64(len(zipped)) {
		t.Fatalf("%+v", e)
	}
	if sent := b.api.Requests("GET /outliers/v1/export"); len(sent) != 1 || sent[0].Query != "" {
		t.Errorf("%+v", sent)
	}
}

func TestDownload_contractsThatSayNonsense(t *testing.T) {
	json := contract("x", options{"job": "download", "path": "x"})
	json.Format = schemas.JSONs
	zip := contract("x", options{"job": "download", "sorters": "id"})
	zip.Format = schemas.ZIP
	for text, c := range map[string]*schemas.Contract{
		"a download is of the format zip or csv":    json,
		"export: unknown word sorters; it has no p": zip,
	} {
		b := newBench(t)
		b.api.Drop("POST /oauth/token", 0)
		if e := b.run([]*schemas.Contract{c})["x"]; e.Failure != schemas.FailureInput || !strings.Contains(e.Error, text) {
			t.Errorf("%q lacks %q", e.Error, text)
		}
	}
}
