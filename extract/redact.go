package extract

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	urls = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*)://([^\s"'<>]*)`)
	// What stands before the @ of a URL, which may be no URL that parses.
	userinfo = regexp.MustCompile(`://[^/@"'<>]*@`)
	jwts     = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)*`)
	// The values of a signed URL's query may be quoted without the URL.
	signatures = regexp.MustCompile(`(?i)\b(x-amz-[a-z-]+|(?:[a-z0-9]+[_-])*(?:signature|sig|token|key|secret|password|credential))=[^\s&"']+`)
)

// maxMessage bounds what is shown of a vendor's own message, in runes.
const maxMessage = 400

// printable makes a vendor's message fit for errors and logs: one line,
// bounded, without the secrets given, signed URLs and tokens.
func printable(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= 4 { // shorter ones would eat ordinary words
			for _, form := range forms(s) {
				text = strings.ReplaceAll(text, form, hidden)
			}
		}
	}
	text = userinfo.ReplaceAllString(text, "://")
	text = urls.ReplaceAllStringFunc(text, bareURL)
	text = jwts.ReplaceAllString(text, hidden)
	text = signatures.ReplaceAllString(text, "$1="+hidden)
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "…"
	}
	return text
}

// forms are a secret and how it may look where a vendor repeats a request in
// its message: as a form field, in a URL, in JSON, in base64.
func forms(secret string) []string {
	escaped, _ := json.Marshal(secret) // a text always has a JSON form
	plain := strconv.Quote(secret)     // JSON that leaves <, > and & as they are
	b := []byte(secret)
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), string(escaped[1 : len(escaped)-1]), plain[1 : len(plain)-1], html.EscapeString(secret),
		base64.RawStdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
	}
}

// bareURL leaves scheme and host of a URL: a signed one is a secret in its
// query and at some vendors in its path.
func bareURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return hidden
	}
	if (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == "" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// shown is an error of the network with a text that is fit to be printed: one
// of a proxy's address quotes it, its password included.
type shown struct{ error }

func (s shown) Error() string { return printable(s.error.Error()) }
func (s shown) Unwrap() error { return s.error }

// cause takes the URL out of an error of net/http and net/url.
func cause(err error) error {
	for {
		var u *url.Error
		if !errors.As(err, &u) {
			return err
		}
		err = u.Err
	}
}
