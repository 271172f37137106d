package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/accessmart/accessmart/extract"
)

// Files that the user gives beside the exports, of links and of rules, are kept among the
// artifacts, so that a run can be done again by those that it had.

// keep stores such a file, and gives its SHA-256 in hex.
func (r *Runner) keep(what string, data []byte) (sha string, err error) {
	sum := sha256.Sum256(data)
	sha = hex.EncodeToString(sum[:])
	if r.store.Has(sha) {
		return sha, nil
	}
	if _, err := r.store.Put(context.Background(), bytes.NewReader(data)); err != nil {
		return "", fmt.Errorf("keep the %s: %w", what, err)
	}
	return sha, nil
}

// kept reads one that a run used.
func (r *Runner) kept(what, sha string) ([]byte, error) {
	in, err := r.store.Open(sha)
	if errors.Is(err, extract.ErrNoArtifact) {
		return nil, fmt.Errorf("the %s by which the database was made is not in %s: %w; name the right folder with --data", what, r.store.Dir(), err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	data, err := io.ReadAll(in)
	if err := errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return data, nil
}
