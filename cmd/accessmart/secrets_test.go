package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// No output of a run holds a credential, a token, a signed URL or a masked
// cell: not when all is well, and not when vendors repeat in their messages
// what they were sent.
func TestSecrets_areInNoOutput(t *testing.T) {
	t.Parallel()
	f, c := newCanaries(t, vendorsim.Config{Seed: 3, People: 60})
	c.run(f, exitRejects, "refresh", "--verbose", "--format", "json")
	if len(c.masked) == 0 || len(c.tokens) < 20 {
		t.Fatalf("%d masked values, %d credentials", len(c.masked), len(c.tokens))
	}
	for _, format := range []string{formatTable, formatJSON, formatCSV} {
		for _, args := range [][]string{{"status"}, {"rejects", "--limit", "0"}, {"artifacts"}, {"datasets"}, {"query", "from meta.artifacts"}} {
			code := exitDone
			if args[0] == "status" {
				code = exitRejects
			}
			c.run(f, code, append(args, "--format", format, "--verbose")...)
		}
	}
	c.decode(f)
	f.sim.Advance()
	c.echo(f)
	c.run(f, exitRefused, "refresh", "--verbose")
	f.sim.ClearFaults()
	c.run(f, exitDone, "rebuild", "--verbose")
	c.database(f)
	c.folder(f.dir, f.config)
	c.mistakes(f)
}

// decode prints exports with masked cells straight from the vendor's bytes.
func (c *canaries) decode(f *fixture) {
	c.t.Helper()
	dir := c.t.TempDir()
	if err := f.sim.WriteFiles(dir, "balkanid"); err != nil {
		c.t.Fatal(err)
	}
	for _, plural := range []string{"requests", "integrations", "webhook_templates"} {
		for _, table := range []string{"", "rejects"} {
			args := []string{"decode", filepath.Join(dir, plural+".csv"), "--dataset", "balkanid." + plural, "--limit", "0", "--verbose", "--format", "json"}
			if table != "" {
				args = append(args, "--table", table)
			}
			c.run(f, exitDone, args...)
		}
	}
}

// echo makes the vendors repeat, in each step's refusal, what they know.
func (c *canaries) echo(f *fixture) {
	status := []int{400, 403, 409, 422}
	for vendor, rules := range map[string][]vendorsim.Rule{
		"oleria":    {{Method: "POST", Path: "/v1/downloads"}, {Method: "GET", Path: "/v1/downloads/*"}},
		"balkanid":  {{Method: "POST"}},
		"sailpoint": {{Path: "*/role-insights*"}, {Method: "POST", Path: "*/export-async"}, {Path: "*/potential-role-summaries"}},
	} {
		// Two in one message: it is cut where it is long.
		all := c.echoes[vendor]
		for i := 0; i+1 < len(all); i += 2 {
			message := "not taken: client_secret=" + all[i] + " and " + all[i+1]
			rule := rules[i/2%len(rules)]
			rule.Vendor, rule.Fault = vendor, vendorsim.Refusal(status[i/2%len(status)], message)
			f.sim.Faults(rule)
		}
	}
	f.sim.Faults(vendorsim.Rule{Vendor: "storage", Skip: 20, Times: 5, Fault: vendorsim.Refusal(403, strings.Join(c.echoes["oleria"], " "))},
		vendorsim.Rule{Vendor: "sailpoint", Method: "POST", Path: "*/sp-config/export", Fault: vendorsim.FailJob("BROKEN", "no "+c.echoes["sailpoint"][0])},
		vendorsim.Rule{Vendor: "oleria", Method: "POST", Path: "/v1/downloads", Skip: 3, Fault: vendorsim.FailJob("BROKEN", "no "+c.echoes["oleria"][0])})
}

// mistakes in the configuration are told without the secrets beside them.
func (c *canaries) mistakes(f *fixture) {
	c.t.Helper()
	good, err := os.ReadFile(f.config)
	if err != nil {
		c.t.Fatal(err)
	}
	secret := fmt.Sprintf("%q", f.server.BalkanIDKeySecret)
	for _, bad := range []string{"[" + secret + "]", "{a: " + secret + "}", secret + " b", secret + "\n   x", secret + "\n    key_secret: " + secret, "\"" + secret,
		secret + "\n    deadline: " + secret, secret + "\n    parallel: " + secret, "*" + secret, "!!int " + secret, secret + "\n    base_url: " + secret, secret + "\n    " + secret + ": 1"} {
		f.write(c.t, strings.Replace(string(good), "key_secret: "+secret, "key_secret: "+bad, 1))
		var out, log bytes.Buffer
		code := execute([]string{"refresh", "--verbose", "--config", f.config}, strings.NewReader(""), &out, &log)
		if code != exitUsage {
			c.t.Errorf("a configuration with key_secret: %s: exit %d", bad, code)
		}
		c.search("the message on a wrong configuration", append(out.Bytes(), log.Bytes()...))
	}
	f.write(c.t, string(good))
}

// Credentials that are refused, and the token endpoint's words about them.
func TestSecrets_refusedCredentials(t *testing.T) {
	t.Parallel()
	f, c := newCanaries(t, vendorsim.Config{Seed: 3, People: 30})
	for vendor, dataset := range map[string]string{"oleria": "employees", "sailpoint": "role_insights", "balkanid": "employees"} {
		for i, s := range c.echoes[vendor] {
			path := "*token*"
			if vendor == "balkanid" {
				path = ""
			}
			f.sim.ClearFaults()
			f.sim.Faults(vendorsim.Rule{Vendor: vendor, Path: path, Times: -1, Fault: vendorsim.Refusal(401, "no client with "+s+" or client_secret="+s)})
			c.run(f, exitCredentials, "extract", vendor+"."+dataset, "--verbose")
			if i+1 == often(5, 1000) {
				break
			}
		}
	}
	c.folder(f.dir, f.config)
}

// dumps are all ways in which Go prints a value.
func dumps(t *testing.T, v any) []byte {
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&b, verb+"\n", v)
		fmt.Fprintf(&b, verb+"\n", []any{v, &v})
	}
	fmt.Fprintln(&b, v, fmt.Errorf("%v", v))
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("dump", "value", v)
	}
	if data, err := json.Marshal(v); err == nil {
		b.Write(data)
	}
	if data, err := yaml.Marshal(v); err == nil {
		b.Write(data)
	}
	return b.Bytes()
}

// The configuration may be printed in any way.
func TestSecrets_dumpOfTheConfiguration(t *testing.T) {
	f, c := newCanaries(t, vendorsim.Config{People: 10})
	cfg, err := config.Read(f.config)
	if err != nil {
		t.Fatal(err)
	}
	secret := extract.NewSecret(f.server.OleriaClientSecret)
	values := []any{cfg, *cfg, cfg.Sources, secret, &secret, oleria.Config{ClientSecret: secret}, &oleria.Config{ClientSecret: secret},
		sailpoint.Config{ClientSecret: secret}, balkanid.Config{KeySecret: secret}, extract.OAuth{ClientSecret: secret}, extract.Ticket{URL: secret, PollURL: secret},
		extract.Fetch{URL: secret}, extract.Access{Keys: map[string]extract.Key{"X-Key": {Setting: "key", Secret: secret}}, OAuth: &extract.OAuth{ClientSecret: secret}}}
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := cfg.Targets(set, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, t := range targets {
		values = append(values, t.Source, t.Vendor, t.Vendor.Access())
	}
	for _, s := range cfg.Sources {
		values = append(values, s)
	}
	for _, v := range values {
		c.search(fmt.Sprintf("a dump of %T", v), dumps(t, v))
	}
}

// panics is a program that dies with the configuration at hand.
func panics() {
	cfg, err := config.Read(os.Args[1])
	if err != nil {
		panic(err)
	}
	set, err := schemas.Load(nil)
	if err != nil {
		panic(err)
	}
	targets, err := cfg.Targets(set, nil, nil)
	if err != nil {
		panic(err)
	}
	secret := targets[0].Vendor.Access().OAuth.ClientSecret
	waiting := make(chan string)
	go func(s extract.Secret, text string, send chan<- string) {
		send <- s.Reveal() + text
	}(secret, secret.Reveal(), waiting)
	switch os.Args[2] {
	case "config":
		panic(*cfg)
	case "pointer":
		panic(cfg)
	case "secret":
		panic(secret)
	case "error":
		panic(fmt.Errorf("in the middle: %w", &extract.Error{What: fmt.Sprint(secret), Err: fmt.Errorf("%+v", cfg.Sources)}))
	case "nil":
		var none *config.Config
		none.Data = secret.Reveal()
	}
}

func TestSecrets_panics(t *testing.T) {
	f, c := newCanaries(t, vendorsim.Config{People: 10})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"config", "pointer", "secret", "error", "nil"} {
		cmd := exec.Command(program)
		cmd.Args = []string{"panics", f.config, how}
		cmd.Env = append(os.Environ(), "GOTRACEBACK=system")
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !bytes.Contains(out, []byte("goroutine ")) {
			t.Fatalf("%s: %v: %s", how, err, out)
		}
		c.search("the panic with "+how, out)
	}
}

// A program that is killed for its goroutines' stacks prints addresses, not
// the texts behind them; and what it leaves on disk has no secret either.
func TestSecrets_stacksOfARunThatIsAborted(t *testing.T) {
	f, c := newCanaries(t, vendorsim.Config{Seed: 3, People: 30})
	for _, step := range []vendorsim.Rule{
		{Vendor: "oleria", Method: "POST", Path: "*token*"}, {Vendor: "oleria", Method: "POST", Path: "/v1/downloads"}, {Vendor: "storage", Method: "GET"},
	} {
		out, tries := "", 0
		// A signal that meets a thread of DuckDB's ends the program without stacks.
		for ; strings.Count(out, "\ngoroutine ") < 5 && tries < 10; tries++ {
			out = c.aborted(f, step)
		}
		if tries == 10 {
			t.Errorf("no stacks: %s", out)
		}
		c.plant(f)
		c.search("the stacks", []byte(out))
		c.folder(f.dir, f.config)
	}
}

// aborted is what a refresh prints that is aborted while the vendor is silent
// at a step.
func (c *canaries) aborted(f *fixture, step vendorsim.Rule) string {
	c.t.Helper()
	program, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	arrived, gate := make(chan struct{}, 1), make(chan struct{})
	defer close(gate)
	f.sim.ClearFaults()
	step.Times, step.Fault = -1, vendorsim.Hang(gate)
	first := step
	first.Times, first.Fault = 1, vendorsim.Arrival(func() {
		arrived <- struct{}{}
		<-gate
	})
	f.sim.Faults(first, step)
	cmd := exec.Command(program)
	cmd.Args = []string{"accessmart", "refresh", "--verbose", "--config", f.config}
	cmd.Env = append(os.Environ(), "GOTRACEBACK=all")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-arrived:
	case <-time.After(time.Minute):
		c.t.Error("the run did not come to the step")
	}
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		c.t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		c.t.Error("the run ended well")
	}
	return out.String()
}
