//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// asTrapped is the name by which the test binary is the program with the trap
// that the environment describes.
const asTrapped = "accessmart-trapped"

func init() { programs[asTrapped] = trapped }

const trapVariable = "ACCESSMART_TEST_TRAP"

// trap is what happens to the program at a step of a refresh. Steps are known
// by what the program says of them itself, with --verbose.
type trap struct {
	step   string // as stepOf names it
	nth    int    // time that the step comes, from 1
	signal syscall.Signal

	limit int64 // most bytes that a file may have, 0 for any number
	bound bool  // by the rights of files, also when it is root that runs the test
}

func (p trap) String() string {
	return fmt.Sprintf("%s|%d|%d|%d|%t", p.step, p.nth, int(p.signal), p.limit, p.bound)
}

func parseTrap(text string) (p trap, err error) {
	words := strings.Split(text, "|")
	if len(words) != 5 {
		return p, fmt.Errorf("not a trap: %q", text)
	}
	numbers := make([]int64, 3)
	for i, w := range words[1:4] {
		n, e := strconv.ParseInt(w, 10, 64)
		err = errors.Join(err, e)
		numbers[i] = n
	}
	return trap{step: words[0], nth: int(numbers[0]), signal: syscall.Signal(numbers[1]), limit: numbers[2], bound: words[4] == "true"}, err
}

// trapped is main with a trap set.
func trapped() {
	p, err := parseTrap(os.Getenv(trapVariable))
	if err == nil && p.limit > 0 {
		err = limitFiles(p.limit)
	}
	if err == nil && p.bound {
		err = obeyRights()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "trap:", err)
		os.Exit(99)
	}
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, newTripwire(p, os.Stderr)))
}

// tripwire is where the trapped program writes its log. The step at which the
// trap is set does not get past its own line.
type tripwire struct {
	trap
	out   io.Writer
	left  int
	shots chan os.Signal
}

func newTripwire(p trap, out io.Writer) *tripwire {
	w := &tripwire{trap: p, out: out, left: p.nth}
	if p.signal == syscall.SIGTERM || p.signal == syscall.SIGINT {
		w.shots = make(chan os.Signal, 1)
		signal.Notify(w.shots, p.signal)
	}
	return w
}

func (w *tripwire) Write(line []byte) (int, error) {
	n, err := w.out.Write(line)
	if w.step == "" || stepOf(string(line)) != w.step {
		return n, err
	}
	if w.left--; w.left == 0 {
		if err := syscall.Kill(os.Getpid(), w.signal); err != nil {
			panic(err)
		}
		if w.signal != syscall.SIGSTOP {
			<-w.shots // nil and for ever, where the signal is one that nobody hears
		}
	}
	return n, err
}

// stepOf is the name of the step that a line of the log is about: its message,
// for requests with their step, for lines of progress their first word.
func stepOf(line string) string {
	_, rest, ok := strings.Cut(line, " msg=")
	if !ok {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		return word
	}
	name := rest
	if quoted, found := strings.CutPrefix(rest, `"`); found {
		name, _, _ = strings.Cut(quoted, `"`)
	} else {
		name, _, _ = strings.Cut(rest, " ")
	}
	if name = strings.TrimSpace(name); name == "request" {
		_, of, _ := strings.Cut(line, " step=")
		of, _, _ = strings.Cut(of, " ")
		name += " " + of
	}
	return name
}

// steps counts the steps of a log.
func steps(log string) map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(log) {
		out[stepOf(line)]++
	}
	return out
}

// ended is how a process ended.
type ended struct {
	code   int // -1 when a signal ended it
	killed bool
	stdout string
	stderr string
}

// finish runs a command to its end.
func finish(t *testing.T, cmd *exec.Cmd) ended {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return howEnded(cmd, out.String(), errOut.String())
}

func howEnded(cmd *exec.Cmd, out, errOut string) ended {
	e := ended{code: cmd.ProcessState.ExitCode(), stdout: out, stderr: errOut}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		e.killed = status.Signaled() && status.Signal() == syscall.SIGKILL
	}
	return e
}
