/** Memory that is needed soon is brought near. */
#ifndef SPK_MODELS_MATH_TOUCH_H
#define SPK_MODELS_MATH_TOUCH_H

#include <stddef.h>

/**
 * Read something of each cache line. Many such reads, one after the other with nothing that depends on them,
 * wait for memory together. An instruction that only prefetches is a hint: processors drop it when many
 * are on their way or when the address is not in their buffer of translations, which is where it would help.
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
