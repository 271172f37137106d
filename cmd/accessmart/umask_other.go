//go:build !unix

package main

// keepPrivate does nothing where rights do not come from a mask.
func keepPrivate() {}
