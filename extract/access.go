package extract

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Access is what a vendor package says of its API and its credentials; the
// policy around it is this package's. The zero Access is a source without
// network.
type Access struct {
	BaseURL string         // scheme, host and, where the API has one, a path prefix
	OAuth   *OAuth         // nil: no token
	Header  http.Header    // sent with each request to BaseURL
	Keys    map[string]Key // secret headers by name, likewise
	Rate    float64        // requests a second unless Limits.Rate is set; 0: no limit
	Limits  Limits

	// Explain reads the vendor's error body; it may return empty texts.
	Explain func(status int, body []byte) (code, message, trackingID string)
	// Rights says, for a 401 or 403, what the user should look at.
	Rights string
}

// OAuth is how a token is got by client credentials.
type OAuth struct {
	TokenURL     string
	ClientID     string
	ClientSecret Secret
	Audience     string // "" sends none
	Scope        string // "" sends none; several are separated by blanks
	Basic        bool   // credentials by HTTP Basic instead of form fields
}

// Limits are the settings that all vendors' configurations share.
type Limits struct {
	Deadline time.Duration `yaml:"deadline"` // for one job or list, from asking to the last byte; default 30m
	Poll     Poll          `yaml:"poll"`
	Parallel int           `yaml:"parallel"`  // jobs at a time; default 4
	Rate     float64       `yaml:"rate"`      // requests a second; default: what the vendor is known to bear
	MaxBytes int64         `yaml:"max_bytes"` // for one artifact; default 64 GiB
	// PrivateAddresses allows links of the vendor to lead into private
	// networks. To this machine, or where none is reached, they never may.
	PrivateAddresses bool `yaml:"private_addresses"`
}

// Poll is the delay between two questions for a job's status, which grows
// from Min to Max.
type Poll struct {
	Min time.Duration `yaml:"min"` // default 2s
	Max time.Duration `yaml:"max"` // default 30s
}

func (l Limits) withDefaults() Limits {
	if l.Deadline == 0 {
		l.Deadline = 30 * time.Minute
	}
	if l.Poll.Min == 0 {
		l.Poll.Min = min(2*time.Second, max(l.Poll.Max, time.Millisecond))
		if l.Poll.Max == 0 {
			l.Poll.Min = 2 * time.Second
		}
	}
	if l.Poll.Max == 0 {
		l.Poll.Max = max(30*time.Second, l.Poll.Min)
	}
	if l.Parallel == 0 {
		l.Parallel = 4
	}
	if l.MaxBytes == 0 {
		l.MaxBytes = 64 << 30
	}
	return l
}

// Validate names the first key whose value cannot work.
func (l Limits) Validate() error {
	switch {
	case l.Rate < 0:
		return fmt.Errorf("rate: %g is negative; set requests a second, or leave it out", l.Rate)
	case l.Deadline < 0:
		return fmt.Errorf("deadline: %s is negative; set a duration such as 30m", l.Deadline)
	case l.Poll.Min < 0:
		return fmt.Errorf("poll.min: %s is negative; set a duration such as 2s", l.Poll.Min)
	case l.Poll.Max < 0:
		return fmt.Errorf("poll.max: %s is negative; set a duration such as 30s", l.Poll.Max)
	case l.Poll.Max != 0 && l.Poll.Max < l.Poll.Min:
		return fmt.Errorf("poll.max: %s is below poll.min (%s)", l.Poll.Max, l.Poll.Min)
	case l.Parallel < 0 || l.Parallel > 64:
		return fmt.Errorf("parallel: %d is not between 1 and 64", l.Parallel)
	case l.MaxBytes < 0:
		return fmt.Errorf("max_bytes: %d is negative", l.MaxBytes)
	}
	return nil
}

// CheckURL checks the URL at a configuration key. TLS is required except to
// loopback: credentials go there.
func CheckURL(key, raw string) error {
	if raw == "" {
		return fmt.Errorf("%s: missing; set the URL, such as https://host.example.com", key)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s: not a URL; set scheme and host, such as https://host.example.com", key)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s: must have no user, query or fragment; credentials have their own keys", key)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%s: http would send the credentials in the clear; use https (http is allowed to loopback only)", key)
	}
	return nil
}

// Require checks that the keys have values, in order: key, value, key, value.
func Require(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) == "" {
			return fmt.Errorf("%s: missing; set it in the source's configuration", pairs[i])
		}
	}
	return nil
}

// loopback reports whether a host name can only mean this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.WithZone("").Unmap().IsLoopback()
}

// unspecified reports whether a host is the address of none, which systems
// take for their own.
func unspecified(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && plainAddr(ip).IsUnspecified()
}
