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

func classifyBalkanID(c *call) {
	if name, ok := balkanidPath(c.URL.Path); ok {
		c.dataset, c.starts = balkanidDataset(name), c.Method == http.MethodPost
	}
}

func balkanidError(status int, message string) *answer {
	return jsonAnswer(status, map[string]string{"message": message})
}

// balkanid answers POST …/download-url. Only 200 and 500 are documented; the
// other refusals are assumed.
func (sv *Server) balkanid(c *call) *answer {
	name, ok := balkanidPath(c.URL.Path)
	switch {
	case c.Header.Get("X-Api-Key-ID") != sv.BalkanIDKeyID || c.Header.Get("X-Api-Key-Secret") != sv.BalkanIDKeySecret:
		return balkanidError(401, "API key is missing or not valid")
	case !ok:
		return balkanidError(404, "no such resource")
	case c.Method != http.MethodPost:
		return balkanidError(405, "use POST").with(http.Header{"Allow": {"POST"}})
	}
	var body map[string]any
	if mediaTypeOf(c) != "application/json" || json.Unmarshal(c.body, &body) != nil || body == nil {
		return balkanidError(400, "the body must be a JSON object")
	}
	part, refusal := balkanidPart(c, name, body)
	if refusal != nil {
		return refusal
	}
	j := sv.begin(c, balkanidDataset(name))
	j.part = part
	t := j.snapshot.tables[j.dataset]
	file, media := name+".csv", "text/csv"
	data := func() []byte { return j.snapshot.payload(t.dataset, j.part) }
	if name == "entity-rbac" {
		file, media, data = name+".zip", "application/zip", j.snapshot.entityRBACArchive
	}
	polling := sv.sign(&blob{vendor: "balkanid", dataset: j.dataset, method: http.MethodHead, mediaType: media, job: j}, file)
	return jsonAnswer(200, map[string]string{
		"pollingUrl": polling,
		"url":        sv.sign(&blob{vendor: "balkanid", dataset: j.dataset, method: http.MethodGet, mediaType: media, job: j, data: data}, file),
	})
}

// balkanidPart reads what the body selects: open or all requests, the
// entitlements of one integration.
func balkanidPart(c *call, name string, body map[string]any) (string, *answer) {
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
		if !slices.Contains(c.now.integrations, id) {
			return "", balkanidError(404, "integration does not exist")
		}
		return id, nil
	}
	return everything, nil
}

// balkanidFile answers for a file that is not ready, or whose job a fault has
// changed; nil means that the file is there. A poll is a HEAD.
func (sv *Server) balkanidFile(b *blob) *answer {
	missing := s3Refusal(404, "NoSuchKey", "The specified key does not exist.")
	if b.data != nil {
		if b.job.failed || !sv.done(b.job) {
			return missing
		}
		return nil
	}
	_, ready := sv.poll(b.job)
	if b.job.word != "" {
		status, err := strconv.Atoi(b.job.word)
		if err != nil {
			status = http.StatusAccepted
		}
		return respond(status, "application/xml", "")
	}
	if b.job.failed || !ready {
		return missing
	}
	return nil
}
