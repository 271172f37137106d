//go:build unix

package columns

import "syscall"

// pages takes size bytes from the system, or more where its pages are larger.
func pages(size int) []byte {
	b, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic("out of memory: " + err.Error()) // as arrow's allocators do, which have no error to return
	}
	return b
}

// unpages gives back what pages took.
func unpages(b []byte) {
	if err := syscall.Munmap(b); err != nil {
		panic("memory cannot be given back: " + err.Error())
	}
}
