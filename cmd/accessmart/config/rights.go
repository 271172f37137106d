package config

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// fileMode is the mode of the published file in octal digits, with or without quotes and a
// leading 0. Where none is set, that of the file that is replaced stays.
type fileMode fs.FileMode

// UnmarshalYAML takes the digits as they are written: YAML reads 640 as another
// number than 0640.
func (m *fileMode) UnmarshalYAML(n ast.Node) error {
	text := n.GetToken().Value
	switch n := n.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.NullNode:
		return nil
	}
	mode, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 12)
	// To write or run it is no use to others, and the file must stay readable here.
	if err != nil || mode&^0o644 != 0 || mode&0o600 != 0o600 {
		return errors.New("file_mode: want 0600, or with rights to read for the group or for all: 0640, 0644")
	}
	*m = fileMode(mode)
	return nil
}
