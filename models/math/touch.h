/** Memory that is needed soon is brought near. */
#ifndef SPK_MODELS_MATH_TOUCH_H
#define SPK_MODELS_MATH_TOUCH_H

#include <stddef.h>

/**
 * Read something of each cache line. Many such reads, one after the other with nothing that depends on them,
 * wait for memory together. An instruction that only prefetches is a hint that a processor may drop. Measured
 * in bursts over a table of 13 MB it hardly helped, presumably because the address translations are not at
 * hand there or too many are on their way (tools/doc/performance.md).
 */
static inline __attribute__((always_inline)) void spk_touch(const void *from, size_t bytes)
{
	enum { LINE = 64 };
	const volatile unsigned char *const at = from;

	for (size_t k = 0; k < bytes; k += LINE)
		(void)at[k];
	if (bytes)
		(void)at[bytes - 1];
}

#endif
