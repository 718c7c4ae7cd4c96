/**
 * An archive: a binary file that the same code writes and reads, safe against damage and interruption.
 *
 * One function moves bytes in either direction, so that what is written and what is read cannot come apart.
 * On the disk there are a magic word and frames of at most SPK_ARCHIVE_FRAME bytes, each with a checksum that
 * goes on from the frame before: no byte is handed out unless it and all before it are undamaged. A file is
 * written beside its place, brought to the disk and renamed, so there is a whole one at every moment.
 *
 * With several ranks all make the same calls, and rank 0 has the file: what it transfers is written, what is
 * read all get from it, frame by frame. In a part only one rank transfers, and the others wait at its end. A
 * rank that fails is heard by the others in the next frame that they share, or when the archive is closed.
 *
 * Life cycle: create or open, transfers, close. After the first failure every call returns its status.
 */
#ifndef SPK_SIM_ARCHIVE_H
#define SPK_SIM_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/ranks.h"

enum { SPK_ARCHIVE_FRAME = 1 << 20 };

struct spk_archive; /* opaque */

/** Errors: SPK_E_IO, SPK_E_NOMEM, the same on all ranks. */
int spk_archive_create(
	const char *path, struct spk_ranks *ranks, struct spk_archive **ret_archive, struct spk_error *err);
/** *ret_archive is NULL when rank 0 finds no such file. Errors: SPK_E_NOMEM, the same on all ranks. */
int spk_archive_open(
	const char *path, struct spk_ranks *ranks, struct spk_archive **ret_archive, struct spk_error *err);
int spk_archive_is_loading(const struct spk_archive *archive);

/** Write `n` bytes from `data`, or read them into it. Errors: SPK_E_IO, SPK_E_FORMAT. */
int spk_archive_bytes(struct spk_archive *archive, void *data, size_t n);
/** When reading: pass over n bytes. */
int spk_archive_skip(struct spk_archive *archive, size_t n);
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

/** From here to spk_archive_end this rank alone transfers: *ret_is_own says that it is the caller. */
int spk_archive_begin(struct spk_archive *archive, unsigned rank, int *ret_is_own);
int spk_archive_end(struct spk_archive *archive);

/**
 * End: when writing, put the file in its place; when reading, there must be nothing left. Frees the archive;
 * *err says what failed first, on all ranks alike. @param status of what was done with the archive; SPK_OK:
 * it is whole
 */
int spk_archive_close(struct spk_archive *archive, int status, struct spk_error *err);

#endif
