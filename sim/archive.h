/**
 * An archive: a binary file that the same code writes and reads, safe against damage and interruption.
 *
 * One function moves bytes in either direction, so that what is written and what is read cannot come apart.
 * On the disk there are a magic word and frames of at most SPK_ARCHIVE_FRAME bytes, each with a checksum that
 * goes on from the frame before: no byte is handed out unless it and all before it are undamaged. A file is
 * written beside its place, brought to the disk and renamed, so there is a whole one at every moment.
 *
 * Life cycle: create or open, transfers, close. After the first failure every call returns its status.
 */
#ifndef SPK_SIM_ARCHIVE_H
#define SPK_SIM_ARCHIVE_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

enum { SPK_ARCHIVE_FRAME = 1 << 20 };

struct spk_archive; /* opaque */

/** Errors: SPK_E_IO, SPK_E_NOMEM. */
int spk_archive_create(const char *path, struct spk_archive **ret_archive, struct spk_error *err);
/** *ret_archive is NULL when there is no such file. Errors: SPK_E_IO, SPK_E_FORMAT, SPK_E_NOMEM. */
int spk_archive_open(const char *path, struct spk_archive **ret_archive, struct spk_error *err);
int spk_archive_is_loading(const struct spk_archive *archive);

/** Write `n` bytes from `data`, or read them into it. Errors: SPK_E_IO, SPK_E_FORMAT. */
int spk_archive_bytes(struct spk_archive *archive, void *data, size_t n);
int spk_archive_u64(struct spk_archive *archive, uint64_t *value);
/** How many items of `size` bytes follow: refused when the file cannot hold so many. */
int spk_archive_count(struct spk_archive *archive, size_t size, uint64_t *n);
/** A number that must be the same where the archive is read; `what` says what it is the number of. */
int spk_archive_expect(struct spk_archive *archive, const char *what, uint64_t value);
/** A text of its own, at most `max` bytes; when reading, *text is replaced by a malloc'ed one. */
int spk_archive_text(struct spk_archive *archive, size_t max, char **text);
/** Fail with this reason, unless something failed before. */
int spk_archive_fail(struct spk_archive *archive, int status, const char *format, ...) SPK_PRINTF(3, 4);
int spk_archive_status(const struct spk_archive *archive);

/**
 * End: when writing, put the file in its place; when reading, there must be nothing left. Frees the archive;
 * *err says what failed first. @param status of what was done with the archive; SPK_OK: it is whole
 */
int spk_archive_close(struct spk_archive *archive, int status, struct spk_error *err);

#endif
