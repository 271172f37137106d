package extract

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestSecret_noPrintingShowsIt(t *testing.T) {
	const canary = "canary-value"
	s := NewSecret(canary)
	holder := struct {
		Name   string
		Secret Secret `json:"s" yaml:"s"`
		Ptr    *Secret
		Map    map[string]Secret
		hidden struct{ s Secret }
	}{"x", s, &s, map[string]Secret{"k": s}, struct{ s Secret }{s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10.3s", "%p"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", []any{&s, s})
	}
	fmt.Fprintln(&out, s, &s, holder, fmt.Errorf("wrapped %v", s))
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "s", s, "h", holder)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "s", s, "h", holder)
	j, err := json.Marshal(holder)
	out.Write(j)
	y, err2 := yaml.Marshal(holder)
	out.Write(y)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, bad := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), "99 97 110", "[99"} {
		if strings.Contains(out.String(), bad) {
			t.Errorf("%q is in the output:\n%s", bad, out.String())
		}
	}
	if !strings.Contains(string(y), "***") || !strings.Contains(string(j), `"s":"***"`) {
		t.Errorf("no placeholder in %s %s", y, j)
	}
	if s.Reveal() != canary || fmt.Sprint(Secret{}) != "" {
		t.Error("Reveal or the empty secret is wrong")
	}
}

func TestSecret_readsYAML(t *testing.T) {
	var conf struct {
		Key    Secret `yaml:"key"`
		Limits `yaml:",inline"`
	}
	err := yaml.UnmarshalWithOptions([]byte("key: abc\ndeadline: 45m\npoll: {min: 1s, max: 10s}\nmax_bytes: 1000\n"), &conf, yaml.Strict())
	if err != nil || conf.Key.Reveal() != "abc" || conf.Deadline.Minutes() != 45 || conf.Poll.Max.Seconds() != 10 || conf.MaxBytes != 1000 {
		t.Errorf("%+v %v", conf, err)
	}
	if err := yaml.UnmarshalWithOptions([]byte("keyy: abc\n"), &conf, yaml.Strict()); err == nil {
		t.Error("an unknown key passes")
	}
	for _, bad := range []string{"[canary]", "0123", "true", "{a: b}"} {
		if err := yaml.Unmarshal([]byte("key: "+bad+"\n"), &conf); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s is taken for a secret: %v", bad, err)
		}
	}
	if err := yaml.Unmarshal([]byte("key: \"0123\"\n"), &conf); err != nil || conf.Key.Reveal() != "0123" {
		t.Errorf("%v", err)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":                                         "plain text",
		"two\nlines\tand\x00 control\x1b[31m":                "two lines and control [31m",
		"see https://s3.example.com/a/b?X-Amz-Signature=abc": "see https://s3.example.com/…",
		"at https://api.example.com":                         "at https://api.example.com",
		"HTTPS://U:P@api.example.com/x":                      "https://api.example.com/…",
		"token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln ok": "token *** ok",
		"X-Amz-Signature=abcdef&x=1":                         "X-Amz-Signature=***&x=1",
		"key is hush-hush, really":                           "key is ***, really",
		"client_secret=abc&refresh-token=def&grant=x":        "client_secret=***&refresh-token=***&grant=x",
		strings.Repeat("é", 500):                             strings.Repeat("é", 400) + "…",
	} {
		if got := printable(in, "hush-hush", ""); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

// A vendor that repeats the request in its message repeats it in its own way.
func TestPrintable_secretsInEveryForm(t *testing.T) {
	const secret = `can"ary/+ <é`
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), fmt.Sprintf("%q", secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)), html.EscapeString(secret)} {
		got := printable("refused: "+form+" is not known", secret)
		for _, bad := range []string{"can", "ary", "Y2Fu"} {
			if strings.Contains(got, bad) {
				t.Errorf("printable(%q) = %q", form, got)
			}
		}
	}
}

func TestCause_dropsURLs(t *testing.T) {
	inner := errors.New("connection refused")
	err := cause(fmt.Errorf("outer: %w", &url.Error{Op: "Get", URL: "https://x/?sig=canary", Err: &url.Error{Op: "b", URL: "canary", Err: inner}}))
	if err != inner {
		t.Errorf("got %v", err)
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a https://x.example.com/y?sig=canarycanary b", "canarycanary")
	f.Fuzz(func(t *testing.T, text, secret string) {
		if len(secret) < 4 {
			return
		}
		got := printable(text+secret, secret)
		if len([]rune(got)) > maxMessage+1 || strings.ContainsAny(got, "\n\r\x00") {
			t.Errorf("printable gives %q", got)
		}
	})
}
