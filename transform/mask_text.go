package transform

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/scan"
)

// What is hidden of texts: they may hold JSON, or a secret that is known by its form.

// cell is what is stored of a text: with *** in place of the text, or of values of the
// JSON that it holds, where these must be hidden.
func (h *hide) cell(cell []byte, maxDepth int) []byte {
	switch {
	case h.free && len(h.masks) == 0:
		return cell
	case h.secret:
		return secretText(cell, h.secretKind)
	case !scan.LooksJSON(cell):
		return withoutSecrets(cell)
	}
	s := &scan.Scanner{Look: true}
	whole, how := scan.Readable(s, scan.Trim(cell), maxDepth)
	switch {
	case how == scan.Broke && (len(h.masks) > 0 || schemas.NamesSecret(cell)):
		return []byte(masked)
	case how == scan.Broke:
		return withoutSecrets(cell)
	case len(h.masks) == 0 && s.Suspect == scan.Nothing:
		return cell
	}
	return h.value(nil, whole, s.Suspect)
}

// withoutSecrets is a text without those pieces of it that are secrets by their form. A
// text that is nothing but a secret keeps a short mark that differs from that of other
// secrets, as keys may be made of it.
func withoutSecrets(cell []byte) []byte {
	if !schemas.HoldsSecret(cell) {
		return cell
	}
	text := schemas.HideSecrets(nil, cell)
	if string(scan.Trim(text)) == masked {
		sum := sha256.Sum256(scan.Trim(cell))
		text = hex.AppendEncode([]byte(masked), sum[:markLength])
	}
	return text
}

// markLength is short, so that a mark reveals next to nothing of the secret.
const markLength = 3

// record is [hide.cell] for a cell of a record that a reject shows. A cell with a mask that
// cannot be read is hidden completely.
func (h *hide) record(cell []byte, maxDepth int) []byte {
	if len(h.masks) == 0 {
		return h.cell(cell, maxDepth)
	}
	whole, how := scan.Readable(&scan.Scanner{}, scan.Trim(cell), maxDepth)
	if how == scan.Broke || h.secret {
		return []byte(masked)
	}
	return h.value(nil, whole, scan.Pairs)
}

// texts is a column of texts, each by cell.
func (h *hide) texts(b *run, in *array.String, maxDepth int) arrow.Array {
	v := columns.ViewText(in)
	i, n := 0, in.Len()
	if !h.secret {
		i = h.plainTexts(v, n)
	}
	if i == n {
		in.Retain()
		return in
	}
	return b.mapText(in, func(cell []byte) []byte { return h.cell(cell, maxDepth) })
}

// plainTexts is how many texts, from the first on, can be stored as they are.
func (h *hide) plainTexts(v columns.TextView, n int) int {
	json := bytes.IndexByte(v.Val, '"') >= 0 // JSON has keys
	words, least := false, schemas.ShortestToken
	switch {
	case h.free:
		least = math.MaxInt32
	case schemas.MayHoldSetting(v.Val):
		words, least = true, schemas.ShortestSecret
	default:
		words = bytes.IndexByte(v.Val, ' ') >= 0
	}
	var last []byte // records that follow one another often have the same cell
	for i := range n {
		if size := int(v.Off[i+1] - v.Off[i]); size < least && !json {
			continue
		}
		s := v.At(i)
		switch {
		case json && scan.LooksJSON(s):
			return i
		case len(s) < least || len(s) == len(last) && bytes.Equal(s, last):
		case words && schemas.HoldsSecret(s), !words && schemas.BeginsWithSecret(s):
			return i
		default:
			last = s
		}
	}
	return n
}

// secret tells whether the header has the name of a secret.
func (l *layout) secret() bool {
	return slices.ContainsFunc(l.Header, func(h string) bool { return schemas.IsSecretName([]byte(h)) })
}

// findHidden is the rule of findings about words that are hidden because their column has
// the name of a secret, though they may be none.
const findHidden = "hidden_words"

// hiddenWords counts such words of a column in a finding.
func (b *run) hiddenWords(field string, v columns.TextView, h *hide) {
	if !h.secret {
		return
	}
	n := int64(0)
	for i := range len(v.Off) - 1 {
		if !v.Null(i) && schemas.IsWords(v.At(i)) && string(secretText(v.At(i), h.secretKind)) == masked {
			n++
		}
	}
	if n > 0 {
		b.find(findHidden, field, "words under the name of a secret are replaced by ***, as they may be secrets; where the column holds none, say so by plain in a contract of your own", n)
	}
}
