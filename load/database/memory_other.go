//go:build !linux

package database

func settleMemory() {}

// TrimMemory does nothing here.
func TrimMemory() {}
