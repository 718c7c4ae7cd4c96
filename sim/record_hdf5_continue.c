/* Going on with an unfinished result file: its rows in a new file, which takes its name. */
#include "sim/record_hdf5.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/folder.h"

size_t spk_file_stream_rows(const struct spk_file *file, size_t max, uint64_t *ret_rows)
{
	for (size_t k = 0; k < file->n_streams && k < max; ++k)
		ret_rows[k] = spk_stream_rows(file->streams[k]);
	return file->n_streams;
}

int spk_file_continue(
	struct spk_file *file, struct spk_file *from, size_t n, const uint64_t *rows, struct spk_error *err)
{
	int rc = SPK_OK;

	if (n != file->n_streams)
		return spk_fail(
			err, SPK_E_INVALID, "%s has %zu streams, not %zu", file->path, file->n_streams, n);
	for (size_t k = 0; !rc && k < n; ++k)
		rc = spk_stream_copy(file->streams[k], from, rows[k], err);
	return rc;
}

int spk_file_rename(struct spk_file *file, const char *path, struct spk_error *err)
{
	char *const copy = strdup(path);
	int rc = copy ? spk_file_flush(file, err) : spk_fail(err, SPK_E_NOMEM, "%s: out of memory", path);

	if (!rc && rename(file->path, path))
		rc = spk_fail(err, SPK_E_IO, "cannot rename %s to %s: %s", file->path, path, strerror(errno));
	if (rc) {
		free(copy);
		return rc;
	}
	free(file->path);
	file->path = copy;
	spk_folder_sync(path);
	return SPK_OK;
}
