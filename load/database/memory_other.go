//go:build !linux

package database

func settleMemory() {}

// SpareMemory does nothing here.
func SpareMemory() {}

// TrimMemory does nothing here.
func TrimMemory() {}
