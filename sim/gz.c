/* Plain and gzip files through zlib. */
#include "sim/gz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* The densest that deflate can be: a match of 258 bytes in two bits. */
enum { MAX_RATIO = 1032 };

struct spk_gz {
	const char *path;
	gzFile file;
	uint64_t most_bytes;
};

int spk_gz_open(const char *path, struct spk_gz **ret_gz, struct spk_error *err)
{
	struct spk_gz *const gz = calloc(1, sizeof *gz);
	struct stat about;
	const char *reason;

	if (gz == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	gz->path = path;
	errno = 0;
	if (stat(path, &about) != 0) {
		reason = strerror(errno);
		goto fail;
	}
	reason = "not a regular file";
	if (!S_ISREG(about.st_mode))
		goto fail;
	gz->file = gzopen(path, "rb");
	reason = strerror(errno != 0 ? errno : ENOMEM);
	if (gz->file == NULL)
		goto fail;
	gz->most_bytes = (uint64_t)about.st_size * (gzdirect(gz->file) ? 1 : MAX_RATIO);
	*ret_gz = gz;
	return SPK_OK;
fail:
	free(gz);
	return spk_fail(err, SPK_E_IO, "cannot open %s: %s", path, reason);
}

void spk_gz_close(struct spk_gz *gz)
{
	if (gz == NULL)
		return;
	(void)gzclose(gz->file);
	free(gz);
}

/* Less came than was asked for: the end of the file, or a failure. */
static int check_end(const struct spk_gz *gz, struct spk_error *err)
{
	int code;
	const char *const text = gzerror(gz->file, &code);

	if (code == Z_OK || code == Z_STREAM_END)
		return SPK_OK;
	return spk_fail(err, code == Z_ERRNO ? SPK_E_IO : SPK_E_FORMAT, "cannot read %s: %s", gz->path,
		code == Z_ERRNO ? strerror(errno) : text);
}

int spk_gz_read(struct spk_gz *gz, size_t n, void *bytes, size_t *ret_got, struct spk_error *err)
{
	const int got = gzread(gz->file, bytes, (unsigned)n);
	int rc = SPK_OK;

	if (got < 0 || (size_t)got < n)
		rc = check_end(gz, err);
	if (rc == SPK_OK)
		*ret_got = got > 0 ? (size_t)got : 0;
	return rc;
}

int spk_gz_line(struct spk_gz *gz, char *line, int room, int *ret_got, struct spk_error *err)
{
	const int got = gzgets(gz->file, line, room) != NULL;
	const int rc = got ? SPK_OK : check_end(gz, err);

	if (rc == SPK_OK)
		*ret_got = got;
	return rc;
}

int spk_gz_at_end(struct spk_gz *gz)
{
	return gzeof(gz->file);
}

uint64_t spk_gz_most_bytes(const struct spk_gz *gz)
{
	return gz->most_bytes;
}
