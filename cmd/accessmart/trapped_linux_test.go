package main

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// limitFiles lets no file of this process grow beyond a size. A write fails
// then, as it does on a full disk.
func limitFiles(bytes int64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)})
}

const boundVariable = "ACCESSMART_TEST_BOUND"

// obeyRights makes this process one whom the rights of files bind. Root loses
// what lifts them by running the program again without it.
func obeyRights() error {
	if os.Geteuid() != 0 || os.Getenv(boundVariable) != "" {
		return nil
	}
	runtime.LockOSThread() // rights are those of a thread, and the one that calls exec counts
	for _, right := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, right, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
			return err
		}
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(program, os.Args, append(os.Environ(), boundVariable+"=1"))
}
