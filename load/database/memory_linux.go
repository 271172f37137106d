package database

/*
#include <stdlib.h> // defines __GLIBC__, where it is the C library
#ifdef __GLIBC__
#include <malloc.h>
static void settle(void) {
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_MXFAST, 0);
}
static void spare(void) {
	mallopt(M_TRIM_THRESHOLD, 128 << 20);
	malloc_trim(0);
}
static void trim(void) { malloc_trim(0); }
#else
static void settle(void) {}
static void spare(void) {}
static void trim(void) {}
#endif
*/
import "C"

// settleMemory keeps the C library from holding on to memory that was given
// back, and from giving back what DuckDB wants again at once. Memory is taken
// by one thread and freed by another: with an arena for each, a load of ten
// million records grew by 1.2 GB that nobody used. And DuckDB takes and frees
// megabytes for each row group: with the usual thresholds the kernel cleared
// them every time, a tenth of all CPU time. The lists of small blocks that M_MXFAST turns off are
// gone through whenever a large block is given back, as DuckDB does with each statement: without
// them the checkpoint of a small file takes 0.11 s of CPU time, with them 0.155 s.
func settleMemory() { C.settle() }

// SpareMemory makes the C library give back what nobody uses, and from then on sooner than a load
// wants it. What follows the loads takes little and often: half a gigabyte beside it is a third of
// the memory of the process.
func SpareMemory() { C.spare() }

// TrimMemory makes the C library give back what nobody uses. The memory of
// batches would else stay beside what DuckDB takes after the last one.
func TrimMemory() { C.trim() }
