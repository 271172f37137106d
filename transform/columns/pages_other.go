//go:build !unix

package columns

import "github.com/apache/arrow-go/v18/arrow/memory/mallocator"

var library = mallocator.NewMallocator()

// pages takes size bytes.
func pages(size int) []byte { return library.Allocate(size) }

// unpages gives back what pages took.
func unpages(b []byte) { library.Free(b) }
