package load

/*
#include <stdlib.h> // defines __GLIBC__, where it is the C library
#ifdef __GLIBC__
#include <malloc.h>
static void settle(void) {
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
}
#else
static void settle(void) {}
#endif
*/
import "C"

import "sync"

// settleMemory keeps the C library from holding on to memory that was given
// back. Batches are made by one thread and freed by another: with an arena for
// each thread, and large buffers among small ones, a load of ten million
// records grew by 1.2 GB that nobody used.
var settleMemory = sync.OnceFunc(func() { C.settle() })
