package schemas

import (
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
)

// PartLabels names what each part of the export covers, so that it is known
// again in the next export: by the facts of its request, but for names and
// counts, which change; where several files were handed over, by the words of
// the file's name that hold no digit and are not the dataset's. Parts that
// nothing tells apart, such as the pages of a list, have the label "".
func (e *Export) PartLabels() []string {
	labels := make([]string, len(e.Parts))
	_, plural, _ := strings.Cut(e.Dataset, ".")
	for i := range e.Parts {
		p := &e.Parts[i]
		if labels[i] = factLabel(p.Context); labels[i] == "" && len(e.Parts) > 1 {
			labels[i] = fileLabel(p.Name, plural)
		}
	}
	return labels
}

func factLabel(facts map[string]string) string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		if !strings.HasSuffix(key, "_name") && !strings.HasPrefix(key, "expected_") {
			out = append(out, key+"="+facts[key])
		}
	}
	return strings.Join(out, ", ")
}

func fileLabel(name, plural string) string {
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	for ext := path.Ext(name); ext != "" && slices.Contains([]string{".csv", ".json", ".ndjson", ".zip", ".gz", ".zst", ".txt", ".tsv", ".xlsx"}, strings.ToLower(ext)); ext = path.Ext(name) {
		name = strings.TrimSuffix(name, ext)
	}
	own := strings.Split(plural, "_")
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(own, w) || strings.ContainsFunc(w, unicode.IsDigit) })
	return strings.Join(words, " ")
}
