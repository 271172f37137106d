package run

import (
	"bytes"
	"os"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/sod"
)

// Rules are what a configuration says about separation of duties.
type Rules struct {
	File string // path of the user's rules file, "" for none
}

// read reads the rules file, nil for none. One with a mistake is refused before anything
// else is done.
func (l *Rules) read() ([]byte, error) {
	if l == nil || l.File == "" {
		return nil, nil
	}
	data, err := os.ReadFile(l.File)
	if err != nil {
		return nil, mistake("rules file: %w; make it, or take the key sod out of the configuration", err)
	}
	if _, err := sod.Read(bytes.NewReader(data)); err != nil {
		return nil, mistake("%s: %w\nThe rules file is wrong; 'accessmart sod check' tells what its good rules name", l.File, err)
	}
	return data, nil
}

// userRules are the user's rules in a run: by its record where it is done again, else by
// the configuration.
func (r *Runner) userRules(run ledger.Run) (sod.File, error) {
	switch {
	case run.Record != nil:
		return r.keptRules(run.Record.RulesFile)
	case r.rules == nil:
		return sod.File{}, nil
	}
	sha, err := r.keep("rules file", r.rules)
	if err != nil {
		return sod.File{}, err
	}
	return parsedRules(r.rules, sha)
}

func (r *Runner) keptRules(sha string) (sod.File, error) {
	if sha == "" {
		return sod.File{}, nil
	}
	data, err := r.kept("rules file", sha)
	if err != nil {
		return sod.File{}, err
	}
	return parsedRules(data, sha)
}

func parsedRules(data []byte, sha string) (sod.File, error) {
	rules, err := sod.Read(bytes.NewReader(data))
	return sod.File{Rules: rules, SHA: sha}, err
}
