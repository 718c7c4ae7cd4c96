/*
 * Faults in the whole program: linked into a copy of it (build/VARIANT/tests/fault/spikem), whose own calls
 * of these functions come here (the linker's --wrap). Libraries are not touched: HDF5 and libyaml answer for
 * themselves. SPK_FAULT in the environment says what goes wrong:
 *
 *   "memory N"   the N-th allocation fails       "memory+ N"   and all after it
 *   "clock"      clocks jump by hours, forwards and backwards
 *
 * SPK_FAULT_COUNT names a file that gets the number of allocations at the end.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
FILE *__real_open_memstream(char **text, size_t *size);
FILE *__real_fopen(const char *path, const char *mode);
int __real_clock_gettime(clockid_t clock, struct timespec *ret_now);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
FILE *__wrap_open_memstream(char **text, size_t *size);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);

static struct {
	atomic_ulong allocations, clocks;
	unsigned long fail_at; /* 0: none */
	int forever, jumping;
} fault;

static void write_count(void)
{
	FILE *const out = __real_fopen(getenv("SPK_FAULT_COUNT"), "w");

	if (!out)
		return;
	fprintf(out, "%lu\n", atomic_load(&fault.allocations));
	(void)fclose(out);
}

__attribute__((constructor)) static void read_fault(void)
{
	const char *const text = getenv("SPK_FAULT");

	if (getenv("SPK_FAULT_COUNT"))
		(void)atexit(write_count);
	if (!text)
		return;
	fault.jumping = strcmp(text, "clock") == 0;
	fault.forever = strncmp(text, "memory+ ", 8) == 0;
	if (strncmp(text, "memory", 6) == 0)
		fault.fail_at = strtoul(strchr(text, ' ') + 1, NULL, 10);
}

static int fails(void)
{
	const unsigned long k = atomic_fetch_add(&fault.allocations, 1) + 1;

	if (!fault.fail_at || k < fault.fail_at || (k > fault.fail_at && !fault.forever))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t n)
{
	return fails() ? NULL : __real_strndup(text, n);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return fails() ? NULL : __real_open_memstream(text, size);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return fails() ? NULL : __real_fopen(path, mode);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	const int rc = __real_clock_gettime(clock, ret_now);

	if (fault.jumping)
		ret_now->tv_sec += 3600 * ((long)(atomic_fetch_add(&fault.clocks, 1) * 7919 % 101) - 50);
	return rc;
}
