//go:build static

// Package main of the static binary (make static) has three functions of the C
// library of its own. glibc's would load shared libraries at run time, of the
// very version that it was linked from, and crash with those of another machine.
// None is needed: DuckDB looks up the owner of a process that locks a file, for a
// message that does without, and the others are for extensions, which are never
// loaded. The linker refuses to link any further function of this kind.
package main

/*
#include <stddef.h>

struct passwd;
struct addrinfo;

struct passwd *getpwuid(unsigned int uid) { (void)uid; return NULL; }

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
	(void)node, (void)service, (void)hints, (void)out;
	return -4; // EAI_FAIL
}

void freeaddrinfo(struct addrinfo *list) { (void)list; }

// The C library calls its own dlopen, so this one has another name: the linker
// is told --wrap=dlopen.
void *__wrap_dlopen(const char *file, int mode) { (void)file, (void)mode; return NULL; }
*/
import "C"
