//go:build !linux

package load

func settleMemory() {}

func trimMemory() {}
