package balkanid

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

const (
	Prefix         = "/api/rest/v0/"
	downloadSuffix = "/download-url"
)

// Paths are the resources that can be downloaded.
var Paths = strings.Fields(`
	admins apps business-owners campaigns entity-finding-rules entity-rules filters findings labels privileged rbac rbac2 rules
	employees entitlements entities entity-insights entity-relations entity-rbac integrations purposes relations requests reviews
	playbook-templates webhook-templates`)

// path is the dataset's own part of a URL path.
func path(path string) (string, bool) {
	name, ok := strings.CutPrefix(path, Prefix)
	name, ok2 := strings.CutSuffix(name, downloadSuffix)
	return name, ok && ok2 && slices.Contains(Paths, name)
}

// Dataset is the dataset of a path: entity-rbac is balkanid.entity_rbac.
func Dataset(path string) string { return "balkanid." + strings.ReplaceAll(path, "-", "_") }

// API answers the calls to BalkanID in one generation.
type API struct {
	*api.Desk
	Now              *Export
	KeyID, KeySecret string
}

// Classify finds the dataset that a call is about.
func (sv *API) Classify(c *api.Call) {
	if name, ok := path(c.URL.Path); ok {
		c.Dataset, c.Starts = Dataset(name), c.Method == http.MethodPost
	}
}

func refuse(status int, message string) *api.Answer {
	return api.JSON(status, map[string]string{"message": message})
}

// Answer answers POST …/download-url. Only 200 and 500 are documented; the
// other refusals are assumed.
func (sv *API) Answer(c *api.Call) *api.Answer {
	name, ok := path(c.URL.Path)
	switch {
	case c.Header.Get("X-Api-Key-ID") != sv.KeyID || c.Header.Get("X-Api-Key-Secret") != sv.KeySecret:
		return refuse(401, "API key is missing or not valid")
	case !ok:
		return refuse(404, "no such resource")
	case c.Method != http.MethodPost:
		return refuse(405, "use POST").With(http.Header{"Allow": {"POST"}})
	}
	var body map[string]any
	if c.MediaType() != "application/json" || json.Unmarshal(c.Body, &body) != nil || body == nil {
		return refuse(400, "the body must be a JSON object")
	}
	part, refusal := sv.part(name, body)
	if refusal != nil {
		return refusal
	}
	j := sv.Begin(c, Dataset(name), nil)
	file, media := name+".csv", "text/csv"
	data := func() []byte { return sv.Now.Payload(j.Dataset, part) }
	if name == "entity-rbac" {
		file, media, data = name+".zip", "application/zip", sv.Now.entityRBACArchive
	}
	polling := sv.Sign(&api.Blob{Vendor: "balkanid", Dataset: j.Dataset, Method: http.MethodHead, MediaType: media, Absent: func() *api.Answer { return sv.poll(j) }}, file)
	return api.JSON(200, map[string]string{
		"pollingUrl": polling,
		"url":        sv.Sign(&api.Blob{Vendor: "balkanid", Dataset: j.Dataset, Method: http.MethodGet, MediaType: media, Absent: func() *api.Answer { return sv.file(j) }, Data: data}, file),
	})
}

// part reads what the body selects: open or all requests, the
// entitlements of one integration.
func (sv *API) part(name string, body map[string]any) (string, *api.Answer) {
	switch name {
	case "requests":
		all, ok := body["includeCompleted"].(bool)
		if !ok {
			return "", refuse(400, "includeCompleted must be a boolean")
		}
		if !all {
			return openRequest, nil
		}
	case "entitlements":
		id, ok := body["integrationId"].(string)
		if !ok {
			return "", refuse(400, "integrationId must be a string")
		}
		if !slices.Contains(sv.Now.integrations, id) {
			return "", refuse(404, "integration does not exist")
		}
		return id, nil
	}
	return export.Everything, nil
}

// file answers for a file that is not there; nil means that it is.
func (sv *API) file(j *api.Job) *api.Answer {
	if j.Failed || !sv.Done(j) {
		return absent()
	}
	return nil
}

// poll is the answer to a HEAD that asks whether the file is there: nil
// means that it is. A fault may have changed the job.
func (sv *API) poll(j *api.Job) *api.Answer {
	_, ready := sv.Poll(j)
	if j.Word != "" {
		status, err := strconv.Atoi(j.Word)
		if err != nil {
			status = http.StatusAccepted
		}
		return api.Respond(status, "application/xml", "")
	}
	if j.Failed || !ready {
		return absent()
	}
	return nil
}

func absent() *api.Answer {
	return api.S3Refusal(404, "NoSuchKey", "The specified key does not exist.")
}
