package vendorsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	balkanidPrefix = "/api/rest/v0/"
	downloadSuffix = "/download-url"
)

var balkanidPaths = strings.Fields(`
	admins apps business-owners campaigns entity-finding-rules entity-rules filters findings labels privileged rbac rbac2 rules
	employees entitlements entities entity-insights entity-relations entity-rbac integrations purposes relations requests reviews
	playbook-templates webhook-templates`)

// balkanidPath is the dataset's own part of a URL path.
func balkanidPath(path string) (string, bool) {
	name, ok := strings.CutPrefix(path, balkanidPrefix)
	name, ok2 := strings.CutSuffix(name, downloadSuffix)
	return name, ok && ok2 && slices.Contains(balkanidPaths, name)
}

func balkanidDataset(path string) string { return "balkanid." + strings.ReplaceAll(path, "-", "_") }

// balkanidAPI answers the calls to BalkanID in one generation.
type balkanidAPI struct {
	*desk
	now              *balkanidExport
	keyID, keySecret string
}

// classify finds the dataset that a call is about.
func (sv *balkanidAPI) classify(c *call) {
	if name, ok := balkanidPath(c.URL.Path); ok {
		c.dataset, c.starts = balkanidDataset(name), c.Method == http.MethodPost
	}
}

func balkanidError(status int, message string) *answer {
	return jsonAnswer(status, map[string]string{"message": message})
}

// answer answers POST …/download-url. Only 200 and 500 are documented; the
// other refusals are assumed.
func (sv *balkanidAPI) answer(c *call) *answer {
	name, ok := balkanidPath(c.URL.Path)
	switch {
	case c.Header.Get("X-Api-Key-ID") != sv.keyID || c.Header.Get("X-Api-Key-Secret") != sv.keySecret:
		return balkanidError(401, "API key is missing or not valid")
	case !ok:
		return balkanidError(404, "no such resource")
	case c.Method != http.MethodPost:
		return balkanidError(405, "use POST").with(http.Header{"Allow": {"POST"}})
	}
	var body map[string]any
	if c.mediaType() != "application/json" || json.Unmarshal(c.body, &body) != nil || body == nil {
		return balkanidError(400, "the body must be a JSON object")
	}
	part, refusal := sv.balkanidPart(name, body)
	if refusal != nil {
		return refusal
	}
	j := sv.begin(c, balkanidDataset(name), nil)
	file, media := name+".csv", "text/csv"
	data := func() []byte { return sv.now.payload(j.dataset, part) }
	if name == "entity-rbac" {
		file, media, data = name+".zip", "application/zip", sv.now.entityRBACArchive
	}
	polling := sv.sign(&blob{vendor: "balkanid", dataset: j.dataset, method: http.MethodHead, mediaType: media, absent: func() *answer { return sv.balkanidPoll(j) }}, file)
	return jsonAnswer(200, map[string]string{
		"pollingUrl": polling,
		"url":        sv.sign(&blob{vendor: "balkanid", dataset: j.dataset, method: http.MethodGet, mediaType: media, absent: func() *answer { return sv.balkanidFile(j) }, data: data}, file),
	})
}

// balkanidPart reads what the body selects: open or all requests, the
// entitlements of one integration.
func (sv *balkanidAPI) balkanidPart(name string, body map[string]any) (string, *answer) {
	switch name {
	case "requests":
		all, ok := body["includeCompleted"].(bool)
		if !ok {
			return "", balkanidError(400, "includeCompleted must be a boolean")
		}
		if !all {
			return openRequest, nil
		}
	case "entitlements":
		id, ok := body["integrationId"].(string)
		if !ok {
			return "", balkanidError(400, "integrationId must be a string")
		}
		if !slices.Contains(sv.now.integrations, id) {
			return "", balkanidError(404, "integration does not exist")
		}
		return id, nil
	}
	return everything, nil
}

// balkanidFile answers for a file that is not there; nil means that it is.
func (sv *balkanidAPI) balkanidFile(j *job) *answer {
	if j.failed || !sv.done(j) {
		return balkanidAbsent()
	}
	return nil
}

// balkanidPoll is the answer to a HEAD that asks whether the file is there: nil
// means that it is. A fault may have changed the job.
func (sv *balkanidAPI) balkanidPoll(j *job) *answer {
	_, ready := sv.poll(j)
	if j.word != "" {
		status, err := strconv.Atoi(j.word)
		if err != nil {
			status = http.StatusAccepted
		}
		return respond(status, "application/xml", "")
	}
	if j.failed || !ready {
		return balkanidAbsent()
	}
	return nil
}

func balkanidAbsent() *answer {
	return s3Refusal(404, "NoSuchKey", "The specified key does not exist.")
}
