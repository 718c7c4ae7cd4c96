/**
 * Files that may be compressed by gzip, read forward. The only part that knows zlib.
 */
#ifndef SPIKEM_SIM_GZ_H
#define SPIKEM_SIM_GZ_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

struct spk_gz;

/**
 * Open a regular file, plain or gzip; a pipe or a device might never end. Free with spk_gz_close.
 * `path` is borrowed until then. Errors: SPK_E_IO, SPK_E_NOMEM.
 */
int spk_gz_open(const char *path, struct spk_gz **ret_gz, struct spk_error *err);
/** NULL is allowed. */
void spk_gz_close(struct spk_gz *gz);

/**
 * Read n <= 2^30 bytes; *ret_got is smaller only at the end of the file.
 * Errors: SPK_E_IO, SPK_E_FORMAT (compressed data damaged or cut off).
 */
int spk_gz_read(struct spk_gz *gz, size_t n, void *bytes, size_t *ret_got, struct spk_error *err);
/**
 * The next line with its end, at most room - 1 bytes of it; *ret_got is 0 at the end of the file.
 * Errors: as spk_gz_read.
 */
int spk_gz_line(struct spk_gz *gz, char *line, int room, int *ret_got, struct spk_error *err);
/** Whether the last line read ended with the file. */
int spk_gz_at_end(struct spk_gz *gz);

/** No file of this size holds more bytes than this: what a header claims beyond it is false. */
uint64_t spk_gz_most_bytes(const struct spk_gz *gz);

#endif
