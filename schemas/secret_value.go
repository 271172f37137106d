package schemas

import (
	"bytes"
	"slices"
)

// Values that are secrets by their form, whatever name they stand under: the
// password in a URL, private keys, tokens of well-known makers.

// Hidden stands in place of a secret.
const Hidden = "***"

// ShortestSecret is the length, in bytes, under which no text holds one, and
// ShortestToken that under which none holds a token or a key: only URLs and
// settings are to be looked for.
const (
	ShortestSecret = 12
	ShortestToken  = 20
)

// tokenStarts are how tokens begin, and how many bytes of a token follow at least.
var tokenStarts = []struct {
	start string
	least int
}{
	{"ghp_", 20}, {"gho_", 20}, {"ghu_", 20}, {"ghs_", 20}, {"ghr_", 20}, {"github_pat_", 20}, {"glpat-", 16}, {"gldt-", 16}, {"glrt-", 16},
	{"xoxb-", 15}, {"xoxp-", 15}, {"xoxa-", 15}, {"xoxe-", 15}, {"xoxe.", 15}, {"xoxo-", 15}, {"xoxr-", 15}, {"xoxs-", 15}, {"xoxc-", 15}, {"xoxd-", 15}, {"xapp-", 15},
	{"sk_live_", 12}, {"rk_live_", 12}, {"sk_test_", 12}, {"rk_test_", 12}, {"whsec_", 16}, {"sk-ant-", 16}, {"sk-proj-", 16}, {"sk-", 32},
	{"npm_", 30}, {"pypi-", 40}, {"dop_v1_", 30}, {"hf_", 30}, {"shpat_", 30}, {"shpss_", 30}, {"SG.", 66}, {"ya29.", 20}, {"AIza", 30}, {"ATATT3", 30}, {"hvs.", 20},
	{"https://hooks.slack.com/services/", 8}, {"https://discord.com/api/webhooks/", 8},
}

// tokensBy has those by their first bytes.
var tokensBy = func() (by [256][]int) {
	for k, x := range tokenStarts {
		by[x.start[0]] = append(by[x.start[0]], k)
	}
	return by
}()

// What a byte may begin, or stand between.
const (
	isStart   = 1 << iota // of a token or a key
	isBetween             // a token may begin behind it
)

var byteKinds = func() (t [256]uint8) {
	for c := range 256 {
		if len(tokensBy[c]) > 0 || bytes.IndexByte([]byte("e-Bb"), byte(c)) >= 0 { // eyJ, -----BEGIN, Bearer
			t[c] |= isStart
		}
		if !inToken(byte(c)) {
			t[c] |= isBetween
		}
	}
	return t
}()

// signatures are names of parameters of URLs, besides names of secrets, of what
// opens what they lead to.
var signatures = []string{"sig", "signature", "x-amz-signature", "x-goog-signature", "x-amz-security-token"}

// HoldsSecret tells whether a text holds a value that is a secret by its form.
// It is asked of most texts, so most are settled by a look at a few bytes.
func HoldsSecret(s []byte) bool {
	switch n := len(s); {
	case n < ShortestSecret:
		return false
	case BeginsWithSecret(s):
		return true
	case n > ShortestToken && bytes.IndexByte(s, ' ') >= 0, MayHoldSetting(s):
		return within(s)
	}
	return false
}

// BeginsWithSecret is [HoldsSecret] for a text of one word that is no URL and
// no setting.
func BeginsWithSecret(s []byte) bool {
	return len(s) >= ShortestToken && byteKinds[s[0]]&isStart != 0 && secretAt(s, 0) > 0
}

// MayHoldSetting tells whether a text may have a URL or a setting in it.
func MayHoldSetting(s []byte) bool {
	return bytes.IndexByte(s, '=') >= 0 || bytes.Contains(s, []byte("://"))
}

// within tells whether any secret begins in a text.
func within(s []byte) bool {
	between := true
	for i, c := range s {
		kind := byteKinds[c]
		if between && kind&isStart != 0 || c == ':' || c == '=' {
			if start, _ := secretFrom(s, i); start >= 0 {
				return true
			}
		}
		between = kind&isBetween != 0
	}
	return false
}

// HideSecrets appends s without what of it is a secret by its form.
func HideSecrets(dst, s []byte) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		start, end := secretFrom(s, i)
		if start < 0 {
			continue
		}
		dst = append(append(dst, s[from:start]...), Hidden...)
		from = end
		i = end - 1
	}
	return append(dst, s[from:]...)
}

// secretFrom is where a secret stands that shows itself at i: there, or behind
// what is there.
func secretFrom(s []byte, i int) (start, end int) {
	switch c := s[i]; {
	case c == ':' && bytes.HasPrefix(s[i:], []byte("://")):
		return passwordOf(s, i+3)
	case c == '=' && i > 0:
		return valueOf(s, i)
	case byteKinds[c]&isStart != 0 && (i == 0 || byteKinds[s[i-1]]&isBetween != 0):
		if end := secretAt(s, i); end > 0 {
			return i, end
		}
	}
	return -1, 0
}

// passwordOf finds the password in a URL whose authority begins at i.
func passwordOf(s []byte, i int) (start, end int) {
	stop := bytes.IndexAny(s[i:], "/?# \t\r\n\"'<>")
	if stop < 0 {
		stop = len(s) - i
	}
	at := bytes.LastIndexByte(s[i:i+stop], '@')
	if at < 0 { // a password may hold a slash, but no host follows it
		return -1, 0
	}
	colon := bytes.IndexByte(s[i:i+at], ':')
	if colon < 0 || colon+1 >= at || string(s[i+colon+1:i+at]) == Hidden {
		return -1, 0
	}
	return i + colon + 1, i + at
}

// valueOf finds the secret behind an equals sign, in a URL or a list of settings:
// what stands before it is the name.
func valueOf(s []byte, i int) (start, end int) {
	name := i
	for name > 0 && i-name < longestName && (inToken(s[name-1]) || s[name-1] == ' ' && i-name > 0 && name > 1 && isLetter(s[name-2]) && bytes.IndexByte(s, ';') >= 0) {
		name--
	}
	if name == i || !IsSecretName(s[name:i]) && !slices.ContainsFunc(signatures, func(w string) bool { return bytes.EqualFold(s[name:i], []byte(w)) }) {
		return -1, 0
	}
	end = i + 1
	for end < len(s) && bytes.IndexByte([]byte("&; \t\r\n\"'<>,"), s[end]) < 0 {
		end++
	}
	if end-i-1 < 6 || string(s[i+1:end]) == Hidden {
		return -1, 0
	}
	return i + 1, end
}

// secretAt is where the token or key ends that begins at i, 0 where none does.
func secretAt(s []byte, i int) int {
	t := s[i:]
	switch t[0] {
	case '-':
		return keyEnd(s, i)
	case 'e':
		return jwtEnd(s, i)
	case 'B', 'b':
		if len(t) > 23 && bytes.EqualFold(t[:7], []byte("bearer ")) {
			if end := tokenEnd(s, i+7); end-i-7 >= 16 && !isOfWords(s[i+7:end]) {
				return end
			}
		}
		return 0
	}
	for _, k := range tokensBy[t[0]] {
		x := &tokenStarts[k]
		if len(t) > len(x.start) && string(t[:len(x.start)]) == x.start {
			from := i + len(x.start)
			if end := tokenEnd(s, from); end-from >= x.least && isBody(x.start, s[from:end]) {
				return end
			}
		}
	}
	return 0
}

// keyEnd is the end of a private key in PEM that begins at i.
func keyEnd(s []byte, i int) int {
	t, ok := bytes.CutPrefix(s[i:], []byte("-----BEGIN "))
	if !ok {
		return 0
	}
	if key := bytes.Index(t, []byte("PRIVATE KEY")); key < 0 || key > 24 {
		return 0
	}
	if last := bytes.Index(t, []byte("-----END ")); last >= 0 {
		last += len(s) - len(t)
		if close := bytes.Index(s[last+9:], []byte("-----")); close >= 0 {
			return last + 9 + close + 5
		}
	}
	return len(s)
}

// jwtEnd is the end of a JSON web token that begins at i.
func jwtEnd(s []byte, i int) int {
	if !bytes.HasPrefix(s[i:], []byte("eyJ")) {
		return 0
	}
	dot := bytes.IndexByte(s[i:], '.')
	if dot < 12 || tokenEnd(s, i) <= i+dot+8 || bytes.IndexByte(s[i+dot+1:tokenEnd(s, i)], '.') == 0 || isOfWords(s[i:i+dot]) {
		return 0
	}
	return tokenEnd(s, i)
}

// tokenEnd is the end of what may be a token from i on.
func tokenEnd(s []byte, i int) int {
	for i < len(s) && (inToken(s[i]) || s[i] == '.' || s[i] == '/' || s[i] == '+' || s[i] == '=' || s[i] == '~') {
		i++
	}
	return i
}

func inToken(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
