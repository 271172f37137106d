package run

import (
	"bytes"
	"os"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/links"
	"github.com/accessmart/accessmart/load/resolve"
)

// Links is what a configuration says about which statements are about one thing.
type Links struct {
	File    string            // path of the user's links file, "" for none
	Domains map[string]string // mail domain -> the one that it is another name of
}

// read reads the links file, nil for none. One with a mistake is refused before anything
// else is done.
func (l *Links) read() ([]byte, error) {
	if l == nil || l.File == "" {
		return nil, nil
	}
	data, err := os.ReadFile(l.File)
	if err != nil {
		return nil, mistake("links file: %w; make it, or take the key links out of the configuration", err)
	}
	if _, err := resolve.ReadLinks(bytes.NewReader(data)); err != nil {
		return nil, mistake("%s: %w\nThe links file is wrong; 'accessmart links check' tells what its good lines would do", l.File, err)
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}

// userLinks is what the user says about links in a run: by its record where it is done
// again, else by the configuration, else what the file was resolved by last. The links
// file is kept among the artifacts, so that the run can be done again.
func (r *Runner) userLinks(run ledger.Run, last links.By) (links.User, error) {
	switch {
	case run.Record != nil:
		return r.storedLinks(run.Record.LinksFile, run.Record.DomainAliases)
	case r.Links == nil:
		domains, err := last.Domains()
		if err != nil {
			return links.User{}, err
		}
		return r.storedLinks(last.File, domains)
	case r.links == nil:
		return links.User{Domains: r.Links.Domains}, nil
	}
	sha, err := r.keep("links file", r.links)
	if err != nil {
		return links.User{}, err
	}
	return parsed(r.links, sha, r.Links.Domains)
}

// storedLinks reads a links file that a run used.
func (r *Runner) storedLinks(sha string, domains map[string]string) (links.User, error) {
	if sha == "" {
		return links.User{Domains: domains}, nil
	}
	data, err := r.kept("links file", sha)
	if err != nil {
		return links.User{}, err
	}
	return parsed(data, sha, domains)
}

func parsed(data []byte, sha string, domains map[string]string) (links.User, error) {
	lines, err := resolve.ReadLinks(bytes.NewReader(data))
	return links.User{Lines: lines, File: sha, Domains: domains}, err
}
