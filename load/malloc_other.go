//go:build !linux

package load

// settleMemory is for the C library of Linux.
func settleMemory() {}
