/**
 * Arena: many small allocations that are freed together.
 *
 * Zero-initialised memory is an empty arena. Not thread-safe: one thread owns an arena.
 */
#ifndef SPIKEM_SIM_ARENA_H
#define SPIKEM_SIM_ARENA_H

#include <spikem/status.h>
#include <stddef.h>

struct spk_arena_block;
struct spk_arena {
	struct spk_arena_block *blocks; /* newest first */
	size_t used, size;              /* of the newest block */
};

/** Zeroed memory for n objects of this size, aligned for any type; NULL when out of memory (n * size
 * checked). */
void *spk_arena_alloc(struct spk_arena *arena, size_t n, size_t size);
/** Copy of the first `length` bytes, ended by NUL; NULL when out of memory. */
char *spk_arena_copy(struct spk_arena *arena, const char *text, size_t length);
/** Like asprintf, in the arena; NULL when out of memory. */
char *spk_arena_format(struct spk_arena *arena, const char *format, ...) SPK_PRINTF(2, 3);
/** Free everything; the arena is empty and usable again. */
void spk_arena_clear(struct spk_arena *arena);

#endif
