package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// programs are what the test binary is when it is called by their names.
var programs = map[string]func(){"accessmart": main, "reader": readerMain, "panics": panics}

func TestMain(m *testing.M) { testscript.Main(testsOf{m}, programs) }

// testsOf are the tests of this package. Most run commands in the process itself, in which Go
// collects less often than in the program: that is a twentieth of what they take.
type testsOf struct{ *testing.M }

func (m testsOf) Run() int {
	debug.SetGCPercent(400)
	return m.M.Run()
}

// TestScripts runs whole programs: testdata/script/*.txtar, each in a folder
// of its own with the real binary.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "../../testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			for name, folder := range map[string]string{"CASES": "../../testdata/cases", "DOCS": "../../docs"} {
				path, err := filepath.Abs(folder)
				if err != nil {
					return err
				}
				e.Setenv(name, path)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a program and checks its exit code: exits CODE PROGRAM [ARG…].
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
