#include "models/math/large.h"

#include <stdint.h>
#include <sys/mman.h>

void *spk_large_alloc(size_t bytes)
{
	const size_t page = (size_t)2 << 20, line = 64;

	if (bytes < SPK_LARGE_BYTES)
		return aligned_alloc(line, (bytes + line) / line * line);
	if (bytes > SIZE_MAX - page)
		return NULL;
	const size_t whole = (bytes + page - 1) / page * page;
	void *block = aligned_alloc(page, whole);
	if (block)
		(void)madvise(
			block, whole, MADV_HUGEPAGE); /* a wish: without it all is as right, but slower */
	return block;
}
