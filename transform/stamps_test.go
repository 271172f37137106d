package transform

import (
	"strings"
	"testing"
	"time"
)

func TestStamps(t *testing.T) {
	for name, tc := range map[string]struct {
		layouts    []string
		in         string
		want, rule string
	}{
		"a Go time":                               {nil, "2024-04-27 06:33:31 +0000 UTC", "2024-04-27T06:33:31Z", ""},
		"a Go time with a fraction and a clock":   {nil, "2024-04-27 06:33:31.25 +0000 UTC m=+0.012", "2024-04-27T06:33:31.25Z", ""},
		"a Go time east of UTC":                   {nil, "2024-04-27 06:33:31 +0530 IST", "2024-04-27T01:03:31Z", ""},
		"a zone by its name only":                 {nil, "2024-04-27 06:33:31 PST", "", "type"},
		"an offset that its name denies":          {nil, "2024-04-27 06:33:31 +0530 UTC", "", "type"},
		"UTC by its name only":                    {nil, "2024-04-27 06:33:31 UTC", "2024-04-27T06:33:31Z", ""},
		"no zone is UTC":                          {nil, "2023-09-22 18:30:00", "2023-09-22T18:30:00Z", ""},
		"ISO without a zone":                      {nil, "2023-09-22T18:30:00", "2023-09-22T18:30:00Z", ""},
		"RFC 3339 with microseconds":              {nil, "2024-02-28T12:32:16.235468Z", "2024-02-28T12:32:16.235468Z", ""},
		"RFC 3339 with nanoseconds is cut":        {nil, "2024-02-28T12:32:16.123456789Z", "2024-02-28T12:32:16.123456Z", ""},
		"RFC 3339 with an offset":                 {nil, "2023-12-03T09:00:00+05:30", "2023-12-03T03:30:00Z", ""},
		"Oleria's screens":                        {nil, "Sep 25, 2024 11:22:17 PM (UTC)", "2024-09-25T23:22:17Z", ""},
		"Oleria's screens in another zone":        {nil, "Sep 25, 2024 11:22:17 PM (PDT)", "", "type"},
		"month first, where the contract says so": {[]string{"01/02/2006"}, "01/21/2021", "2021-01-21T00:00:00Z", ""},
		"slashes without a word on their order":   {nil, "01/21/2021", "", "type"},
		"day first, where the contract says so":   {[]string{"02/01/2006"}, "03/04/2021", "2021-04-03T00:00:00Z", ""},
		"never the other order then":              {[]string{"02/01/2006"}, "03/14/2021", "", "range"},
		"the contract's layout before the usual":  {[]string{"2006-02-01"}, "2021-03-04", "2021-04-03T00:00:00Z", ""},
		"a day that does not exist":               {nil, "2023-02-29", "", "range"},
		"a leap day":                              {nil, "2024-02-29", "2024-02-29T00:00:00Z", ""},
		"an hour that does not exist":             {nil, "2023-02-28T25:00:00Z", "", "range"},
		"a number":                                {nil, "1714199611", "", "type"},
		"a word":                                  {nil, "never", "", "type"},
		"year one":                                {nil, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, f := newStamps(tc.layouts).micros([]byte(tc.in))
			if f.rule != tc.rule {
				t.Fatalf("rule %q (%s), want %q", f.rule, f.message, tc.rule)
			}
			if text := time.UnixMicro(got).UTC().Format(time.RFC3339Nano); f.rule == "" && text != tc.want {
				t.Errorf("%s, want %s", text, tc.want)
			}
		})
	}
	if d, f := newStamps(nil).date([]byte("2023-12-03T00:00:00+05:30")); f.rule != "" || d != int32(civilDays(2023, 12, 3)) {
		t.Errorf("a date is the one that is written, got %d %v", d, f)
	}
}

func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{"2024-04-27 06:33:31 +0000 UTC", "2024-02-29T23:59:59.999999Z", "2024-01-02T03:04:05+05:30", "2024-01-02", "2024-01-02 03:04:05 -0700 MST m=-0.1",
		"2024-01-02 03:04:05 UTC", "0000-01-01T00:00:00-2359", "9999-12-31 23:59:59.1234567", "01/21/2021"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, ok := isoMoment([]byte(s))
		if !ok {
			if m, ok = usMoment([]byte(s)); !ok {
				return
			}
		}
		text := string(cutMonotonic([]byte(s)))
		for _, l := range append([]string{"01/02/2006"}, usualLayouts...) {
			want, err := time.ParseInLocation(l, text, time.UTC)
			if err != nil {
				continue
			}
			if guessedZone(l, text, want) {
				t.Fatalf("%q: the zone is guessed", s)
			}
			if got := momentOf(want); got != m {
				t.Fatalf("%q: %v, by %q %v", s, m, l, got)
			}
			return
		}
		t.Fatalf("%q is read fast, but by no layout", s)
	})
}

func TestCivilDays(t *testing.T) {
	for d := time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2500; d = d.AddDate(0, 0, 13) {
		if got, want := civilDays(d.Year(), int(d.Month()), d.Day()), d.Unix()/86400; int64(got) != want && d.Unix()%86400 == 0 {
			t.Fatalf("%s: %d, want %d", d, got, want)
		}
	}
}

func BenchmarkStamps(b *testing.B) {
	for _, s := range []string{"2024-04-27 06:33:31 +0000 UTC", "2024-02-28T12:32:16.235468Z", "01/21/2021"} {
		b.Run(strings.ReplaceAll(s, "/", "-"), func(b *testing.B) {
			st, cell := newStamps([]string{"01/02/2006"}), []byte(s)
			for b.Loop() {
				st.micros(cell)
			}
		})
	}
}
