/* Arena: blocks of 64 KiB, larger requests in a block of their own. */
#include "sim/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 16 };

struct spk_arena_block {
	struct spk_arena_block *next;
	max_align_t data[];
};

void *spk_arena_alloc(struct spk_arena *arena, size_t n, size_t size)
{
	const size_t unit = sizeof(max_align_t);
	struct spk_arena_block *block;
	size_t bytes;
	char *memory;

	if (size != 0 && n > (SIZE_MAX / 2) / size)
		return NULL;
	bytes = (n * size / unit + 1) * unit; /* at least one unit, so that no request gives NULL */
	if (arena->blocks == NULL || bytes > arena->size - arena->used) {
		const size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;

		block = calloc(1, sizeof *block + room);
		if (block == NULL)
			return NULL;
		block->next = arena->blocks;
		arena->blocks = block;
		arena->used = 0;
		arena->size = room;
	}
	memory = (char *)arena->blocks->data + arena->used;
	arena->used += bytes;
	return memory;
}

char *spk_arena_copy(struct spk_arena *arena, const char *text, size_t length)
{
	char *copy = spk_arena_alloc(arena, length + 1, 1);

	if (copy != NULL && length > 0)
		memcpy(copy, text, length);
	return copy;
}

char *spk_arena_format(struct spk_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return NULL;
	text = spk_arena_alloc(arena, (size_t)length + 1, 1);
	if (text == NULL)
		return NULL;
	va_start(args, format);
	(void)vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

void spk_arena_clear(struct spk_arena *arena)
{
	while (arena->blocks != NULL) {
		struct spk_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->used = arena->size = 0;
}
