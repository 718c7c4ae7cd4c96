/** Memory for tables that hot loops walk through: in huge pages where the system has them. */
#ifndef SPK_MODELS_MATH_LARGE_H
#define SPK_MODELS_MATH_LARGE_H

#include <stdlib.h>

/**
 * malloc for what may be large; free() frees it, NULL when memory runs out.
 *
 * From SPK_LARGE_BYTES on the block is aligned to huge pages and the kernel is asked to use them: an access
 * far from the last one then seldom misses the buffer of address translations. Smaller blocks are malloc's.
 */
void *spk_large_alloc(size_t bytes);

#define SPK_LARGE_BYTES ((size_t)1 << 20)

#endif
