/** Small IDX files, plain or gzip, made in memory. Their bytes follow the format's description, not the
 * reader. */
#ifndef SPIKEM_TESTS_IDX_FILE_H
#define SPIKEM_TESTS_IDX_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { IDX_ROOM = 4096 };

struct bytes {
	size_t length;
	unsigned char data[IDX_ROOM];
};

/** Header and values; value k is (first + step * k) mod `modulus`. */
static inline struct bytes make_idx(
	unsigned rank, const uint32_t *dims, unsigned first, unsigned step, unsigned modulus)
{
	struct bytes idx = {.length = 4, .data = {0, 0, 8, (unsigned char)rank}};
	size_t n = 1;

	for (unsigned k = 0; k < rank; k++) {
		for (int shift = 24; shift >= 0; shift -= 8)
			idx.data[idx.length++] = (unsigned char)(dims[k] >> shift);
		n *= dims[k];
	}
	for (size_t k = 0; k < n && idx.length < IDX_ROOM; k++)
		idx.data[idx.length++] = (unsigned char)((first + step * k) % modulus);
	return idx;
}

/** The same bytes as one gzip member. */
static inline struct bytes make_gzip(const struct bytes *plain)
{
	struct bytes packed = {0};
	z_stream stream = {0};

	if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return packed;
	stream.next_in = (unsigned char *)(uintptr_t)plain->data;
	stream.avail_in = (unsigned)plain->length;
	stream.next_out = packed.data;
	stream.avail_out = IDX_ROOM;
	if (deflate(&stream, Z_FINISH) == Z_STREAM_END)
		packed.length = IDX_ROOM - stream.avail_out;
	(void)deflateEnd(&stream);
	return packed;
}

/** 0 when written. */
static inline int write_bytes(const char *path, const void *bytes, size_t length)
{
	FILE *const out = fopen(path, "wb");
	const size_t written = out != NULL ? fwrite(bytes, 1, length, out) : 0;

	return out == NULL || fclose(out) != 0 || written != length;
}

#endif
