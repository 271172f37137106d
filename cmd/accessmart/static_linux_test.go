//go:build statictest

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"debug/elf"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

var staticProgram = flag.String("static", "", "the static `BINARY` to try in an empty root (default: none; see make test-static)")

// emptyRoot is a folder that is the whole file system of the static binary.
type emptyRoot struct {
	t   *testing.T
	dir string
}

func newEmptyRoot(t *testing.T) *emptyRoot {
	t.Helper()
	if *staticProgram == "" {
		t.Fatal("no static binary is given; run make test-static")
	}
	r := &emptyRoot{t: t, dir: t.TempDir()}
	binary, err := os.ReadFile(*staticProgram)
	if err != nil {
		t.Fatal(err)
	}
	r.write("accessmart", binary, 0o755)
	return r
}

func (r *emptyRoot) write(name string, content []byte, mode os.FileMode) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, mode)); err != nil {
		r.t.Fatal(err)
	}
}

// run is one command line of the binary in its root. Root may change the root;
// others do so in a user namespace of their own, where they are root.
func (r *emptyRoot) run(env []string, args ...string) ended {
	r.t.Helper()
	cmd := exec.Command("/accessmart", args...)
	cmd.Dir, cmd.Env = "/", append([]string{}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: r.dir}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); cmd.ProcessState == nil {
		r.t.Fatalf("%v: an empty root takes root, or a kernel that gives users namespaces of their own (try: unshare -r chroot / true)", err)
	}
	return howEnded(cmd, out.String(), errOut.String())
}

// A binary that no other file belongs to: no loader, no libraries, no time
// zones, no list of users.
func TestStatic_runsTheDemoInAnEmptyRoot(t *testing.T) {
	r := newEmptyRoot(t)
	f, err := elf.Open(*staticProgram)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("it needs %v, error %v", libraries, err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a loader")
		}
	}
	if e := r.run(nil, "demo", "--people", "200"); e.code != 0 || !strings.Contains(e.stdout, "People who left and still have a live account") {
		t.Errorf("exit %d: %s%s", e.code, e.stdout, e.stderr)
	}
	e := r.run(nil, "query", "--database", "/demo/access.duckdb", "--format", "csv", "select count(*) > 100 as many, strftime(timezone('Europe/Berlin', timestamptz '2026-07-01 10:00:00Z'), '%H') as hour from observed.identities")
	if want := "many,hour\ntrue,12\n"; e.code != 0 || e.stdout != want {
		t.Errorf("exit %d: %s%s", e.code, e.stdout, e.stderr)
	}
}

// Names of hosts come from the files of the root, and so do the authorities
// that a vendor's certificate is checked with.
func TestStatic_fetchesOverTLS(t *testing.T) {
	r := newEmptyRoot(t)
	server, err := vendorsim.New(vendorsim.Config{Seed: 1, People: 40}).Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	const host = "acme.api.example.test"
	vendor, ca := withTLS(t, server.SailPointURL, host)
	group := os.Getegid()
	if os.Geteuid() != 0 {
		group = 0 // as the namespace calls it
	}
	r.write("etc/hosts", []byte("127.0.0.1 "+host+"\n"), 0o644)
	r.write("etc/group", fmt.Appendf(nil, "others:x:7:\nanalysts:x:%d:\n", group), 0o644)
	r.write("ca.pem", ca, 0o644)
	config := func(host, group string) {
		r.write("accessmart.yaml", fmt.Appendf(nil, "database: access.duckdb\ndata: data\nfile_mode: 0640\nfile_group: %s\nsources:\n  isc:\n    vendor: sailpoint\n    base_url: https://%s:%s\n    client_id: %q\n    client_secret: %q\n    poll: {min: 20ms, max: 200ms}\n",
			group, host, vendor.Port(), server.SailPointClientID, server.SailPointClientSecret), 0o600)
	}
	refresh := func(env ...string) ended { return r.run(env, "refresh", "isc.config_objects") }

	config(host, "analysts")
	e := refresh()
	if e.code != exitFailed || !strings.Contains(e.stderr, "the certificate is not one that this machine trusts") {
		t.Errorf("without the CA: exit %d: %s", e.code, e.stderr)
	}
	config("127.0.0.1", "analysts")
	e = refresh("SSL_CERT_FILE=/ca.pem")
	if e.code != exitFailed || !strings.Contains(e.stderr, "the certificate is for another host") {
		t.Errorf("by its address: exit %d: %s", e.code, e.stderr)
	}
	config("no-such-host.example.test", "analysts")
	e = refresh("SSL_CERT_FILE=/ca.pem")
	if e.code != exitUnreachable || !strings.Contains(e.stderr, "no-such-host.example.test") {
		t.Errorf("a name that nobody knows: exit %d: %s", e.code, e.stderr)
	}
	config(host, "nobody-knows")
	e = refresh("SSL_CERT_FILE=/ca.pem")
	if e.code == exitDone || !strings.Contains(e.stderr, `this machine has no group "nobody-knows"`) {
		t.Errorf("an unknown group: exit %d: %s", e.code, e.stderr)
	}
	config(host, "analysts")
	if e = refresh("SSL_CERT_FILE=/ca.pem"); !finished(e.code) {
		t.Fatalf("exit %d: %s", e.code, e.stderr)
	}
	e = r.run(nil, "query", "--format", "csv", "select count(*) > 0 as some from observed.config_objects")
	if e.code != exitDone || e.stdout != "some\ntrue\n" {
		t.Errorf("exit %d: %s%s", e.code, e.stdout, e.stderr)
	}
	if info, err := os.Stat(filepath.Join(r.dir, "access.duckdb")); err != nil || info.Mode().Perm() != 0o640 || int(info.Sys().(*syscall.Stat_t).Gid) != os.Getegid() {
		t.Errorf("the file is %v, error %v", info, err)
	}
}

// withTLS puts a server with a certificate for a host in front of another one,
// and returns its address and the authority that signed the certificate.
func withTLS(t *testing.T, upstream, host string) (at *url.URL, authority []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example CA"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter}
	signed := map[*x509.Certificate][]byte{}
	for _, c := range []*x509.Certificate{ca, leaf} {
		if signed[c], err = x509.CreateCertificate(rand.Reader, c, ca, &key.PublicKey, key); err != nil {
			t.Fatal(err)
		}
	}
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(to))
	front.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{signed[leaf]}, PrivateKey: key}}}
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	t.Cleanup(front.Close)
	at, err = url.Parse(front.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed[ca]})
}
