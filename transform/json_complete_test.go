package transform

import (
	"strings"
	"testing"
)

// A document that says that it is not finished is not read.
func TestDocument_saysThatItIsNotWhole(t *testing.T) {
	const yaml = "format: json\nrecords: items\ncolumns:\n  a: {from: [a], type: text}\n"
	for in, says := range map[string]string{
		`{"items":[{"a":1}],"status":"IN_PROGRESS"}`:                `its status is "IN_PROGRESS"`,
		`{"jobStatus":"PARTIAL","items":[{"a":1}]}`:                 `its jobstatus is "PARTIAL"`,
		`{"status":"Completed with errors","items":[{"a":1}]}`:      "its status",
		`{"export_state":"Timed out","items":[{"a":1}]}`:            "its exportstate",
		`{"complete":false,"items":[{"a":1}]}`:                      `its complete is "false"`,
		`{"is_last":"no","items":[{"a":1}]}`:                        "its islast",
		`{"partial":true,"items":[{"a":1}]}`:                        `its partial is "true"`,
		`{"success":false,"items":[]}`:                              "its success",
		`{"meta":{"state":"running"},"items":[{"a":1}]}`:            `its meta.state is "running"`,
		`{"job":{"state":"CREATED"},"items":[{"a":1}]}`:             `its job.state is "CREATED"`,
		`{"exportStatus":"scheduled","items":[{"a":1}]}`:            `its exportstatus is "scheduled"`,
		`{"items":[{"a":1}],"state":"created"}`:                     "",
		`{"items":[{"a":1}],"status":"Scheduled"}`:                  "",
		`{"items":[{"a":1}],"licence_state":"expired"}`:             "",
		`{"meta":{"status":"created"},"items":[{"a":1}]}`:           "",
		`{"items":[{"a":1}],"status":"COMPLETE","complete":true}`:   "",
		`{"items":[{"a":1}],"status":"ok","partial":false}`:         "",
		`{"items":[{"a":1}],"status":200,"state":"without errors"}`: "",
		`{"items":[{"a":1,"status":"failed","complete":false}]}`:    "",
		`{"items":[{"a":1}],"last":"https://example.com/?page=9"}`:  "",
	} {
		r, err := transformed(t, yaml, Options{}, input(in))
		if (says != "") != (err != nil) || err != nil && !strings.Contains(err.Error(), says) || err == nil && r.stream.Partial != "" {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// What a list lacks of the number that it states is not gone.
func TestDocument_countsItsRecords(t *testing.T) {
	const yaml = "format: json\nrecords: items\ncolumns:\n  a: {from: [a], type: text, required: true}\n"
	for in, says := range map[string]string{
		`{"total":3,"items":[{"a":1},{"a":2}]}`:                                    "the document counts 3 records, and has 2",
		`{"items":[{"a":1},{"a":2}],"object_count":"3"}`:                           "counts 3",
		`{"items":[{"a":1}],"meta":{"totalCount":2}}`:                              "counts 2",
		`{"total":2,"items":[{"a":1},{"a":2}],"pageSize":100,"size":50}`:           "",
		`{"total":2,"items":[{"a":1},{"a":""}]}`:                                   "", // one is a reject
		`{"total":1,"items":[{"a":1},{"a":2}]}`:                                    "",
		`{"total":2,"items":[{"a":1}]}` + "\x00" + `{"total":2,"items":[{"a":2}]}`: "", // pages
		`{"total":3,"items":[{"a":1}]}` + "\x00" + `{"total":3,"items":[{"a":2}]}`: "counts 3 records, and has 1",
		`{"total":2,"items":[{"a":1}]}` + "\x00" + `{"total":1,"items":[{"a":2}]}`: "counts 2 records, and has 1",
	} {
		var parts []Input
		for i, text := range strings.Split(in, "\x00") {
			part := input(text)
			part.Part = i
			parts = append(parts, part)
		}
		r, err := transformed(t, yaml, Options{}, parts...)
		if err != nil || (says == "") != (r.stream.Partial == "") || !strings.Contains(r.stream.Partial, says) {
			t.Errorf("%s: %v, %q", in, err, r.stream.Partial)
		}
	}
}

func TestConfig_optionsOfOtherNames(t *testing.T) {
	const object = `"objects":[{"version":1,"self":{"type":"ROLE","id":"r1","name":"R"},"object":{"id":"r1","name":"R"}}]}`
	for in, says := range map[string]string{
		`{"version":1,"options":{},`:                                             "",
		`{"version":1,"options":{},"exportMode":"FULL",`:                         "",
		`{"version":1,"options":{},"exportOptions":{},`:                          "",
		`{"version":1,"options":null,`:                                           "the document has no options",
		`{"version":1,"options":{},"exportOptions":{"includeTypes":["SOURCE"]},`: "exportoptions, which may name a part",
		`{"version":1,"options":{},"exportMode":"DELTA",`:                        "exportmode, which may name a part",
		`{"version":1,"options":{},"objectCount":3,`:                             "counts 3 records, and has 1",
	} {
		if got := configResult(t, input(in+object)).stream.Partial; (says == "") != (got == "") || !strings.Contains(got, says) {
			t.Errorf("%s: %q", in, got)
		}
	}
}
