#include "sim/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/checksum.h"
#include "sim/folder.h"

enum { PATH_ROOM = 4096 };
static const char MAGIC[8] = "SPKSAVE1";

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "archives are little-endian");

struct frame_head {
	uint32_t n, is_last;
	uint64_t checksum; /* of the two words above and the n bytes, continued from the frame before */
};

struct spk_archive {
	int fd, loading;
	char *path, *part; /* part: the name under which it is written */
	unsigned char *frame;
	size_t n, at; /* bytes in the frame; read from it */
	int is_last;
	uint64_t checksum; /* of the frames so far */
	uint64_t left;     /* reading: bytes of the file behind the frame */
	int status;
	struct spk_error error;
};

int spk_archive_fail(struct spk_archive *a, int status, const char *format, ...)
{
	va_list args;

	if (a->status)
		return a->status;
	a->status = a->error.status = status;
	va_start(args, format);
	(void)vsnprintf(a->error.text, sizeof a->error.text, format, args);
	va_end(args);
	return status;
}

int spk_archive_status(const struct spk_archive *a)
{
	return a->status;
}

int spk_archive_is_loading(const struct spk_archive *a)
{
	return a->loading;
}

static void release(struct spk_archive *a)
{
	if (a->fd >= 0)
		close(a->fd);
	free(a->path);
	free(a->part);
	free(a->frame);
	free(a);
}

static struct spk_archive *allocate(const char *path, int loading)
{
	struct spk_archive *a = calloc(1, sizeof *a);

	if (!a)
		return NULL;
	a->fd = -1;
	a->loading = loading;
	a->checksum = SPK_CHECKSUM_START;
	a->path = strdup(path);
	a->part = malloc(PATH_ROOM);
	a->frame = malloc(SPK_ARCHIVE_FRAME);
	if (a->path && a->part && a->frame)
		return a;
	release(a);
	return NULL;
}

/* ---- Bytes -------------------------------------------------------------------------------------- */

static int write_all(struct spk_archive *a, const void *data, size_t n)
{
	const char *from = data;

	while (n > 0) {
		const ssize_t done = write(a->fd, from, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return spk_archive_fail(a, SPK_E_IO, "%s", strerror(done < 0 ? errno : ENOSPC));
		from += done;
		n -= (size_t)done;
	}
	return SPK_OK;
}

static int read_all(struct spk_archive *a, void *data, size_t n)
{
	char *to = data;

	if (n > a->left)
		return spk_archive_fail(a, SPK_E_FORMAT, "it ends early");
	a->left -= n;
	while (n > 0) {
		const ssize_t done = read(a->fd, to, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? spk_archive_fail(a, SPK_E_IO, "%s", strerror(errno))
					: spk_archive_fail(a, SPK_E_FORMAT, "it ends early");
		to += done;
		n -= (size_t)done;
	}
	return SPK_OK;
}

static uint64_t check(const struct spk_archive *a, const struct frame_head *head)
{
	const uint64_t hash = spk_checksum(a->checksum, head, offsetof(struct frame_head, checksum));

	return spk_checksum(hash, a->frame, head->n);
}

static int write_frame(struct spk_archive *a, int is_last)
{
	struct frame_head head = {.n = (uint32_t)a->n, .is_last = (uint32_t)is_last};

	a->checksum = head.checksum = check(a, &head);
	a->n = 0;
	const int rc = write_all(a, &head, sizeof head);
	return rc ? rc : write_all(a, a->frame, head.n);
}

static int read_frame(struct spk_archive *a)
{
	struct frame_head head;

	if (a->is_last)
		return spk_archive_fail(a, SPK_E_FORMAT, "it holds less than this scenario needs");
	if (read_all(a, &head, sizeof head))
		return a->status;
	if (head.n > SPK_ARCHIVE_FRAME || head.is_last > 1)
		return spk_archive_fail(a, SPK_E_FORMAT, "it is damaged");
	if (read_all(a, a->frame, head.n))
		return a->status;
	a->checksum = check(a, &head);
	if (a->checksum != head.checksum)
		return spk_archive_fail(a, SPK_E_FORMAT, "it is damaged");
	a->n = head.n;
	a->at = 0;
	a->is_last = (int)head.is_last;
	return SPK_OK;
}

static int save_bytes(struct spk_archive *a, const unsigned char *from, size_t n)
{
	while (n > 0 && !a->status) {
		const size_t room = SPK_ARCHIVE_FRAME - a->n, some = n < room ? n : room;
		memcpy(a->frame + a->n, from, some);
		a->n += some;
		from += some;
		n -= some;
		if (a->n == SPK_ARCHIVE_FRAME)
			(void)write_frame(a, 0);
	}
	return a->status;
}

static int load_bytes(struct spk_archive *a, unsigned char *to, size_t n)
{
	while (n > 0 && !a->status) {
		const size_t there = a->n - a->at, some = n < there ? n : there;
		memcpy(to, a->frame + a->at, some);
		a->at += some;
		to += some;
		n -= some;
		if (n > 0)
			(void)read_frame(a);
	}
	return a->status;
}

int spk_archive_bytes(struct spk_archive *a, void *data, size_t n)
{
	if (a->status)
		return a->status;
	return a->loading ? load_bytes(a, data, n) : save_bytes(a, data, n);
}

int spk_archive_u64(struct spk_archive *a, uint64_t *value)
{
	return spk_archive_bytes(a, value, sizeof *value);
}

int spk_archive_count(struct spk_archive *a, size_t size, uint64_t *n)
{
	const int rc = spk_archive_u64(a, n);

	if (!rc && a->loading && *n > (a->left + (a->n - a->at)) / (size ? size : 1))
		return spk_archive_fail(a, SPK_E_FORMAT, "it holds less than it says");
	return rc;
}

int spk_archive_expect(struct spk_archive *a, const char *what, uint64_t value)
{
	uint64_t found = value;
	const int rc = spk_archive_u64(a, &found);

	if (!rc && found != value)
		return spk_archive_fail(a, SPK_E_FORMAT, "%s: there %llu, here %llu", what,
			(unsigned long long)found, (unsigned long long)value);
	return rc;
}

int spk_archive_text(struct spk_archive *a, size_t max, char **text)
{
	uint64_t n = a->loading ? 0 : strlen(*text);
	const int rc = spk_archive_count(a, 1, &n);

	if (rc)
		return rc;
	if (n > max)
		return spk_archive_fail(a, SPK_E_FORMAT, "a text is too long");
	if (!a->loading)
		return spk_archive_bytes(a, *text, n);
	char *read = malloc(n + 1);
	if (!read)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	if (spk_archive_bytes(a, read, n)) {
		free(read);
		return a->status;
	}
	read[n] = '\0';
	*text = read;
	return SPK_OK;
}

/* ---- Life cycle --------------------------------------------------------------------------------- */

int spk_archive_create(const char *path, struct spk_archive **ret_archive, struct spk_error *err)
{
	struct spk_archive *a = allocate(path, 0);
	struct stat there;

	if (!a)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
		release(a);
		return spk_fail(err, SPK_E_IO, "%s is no file that a checkpoint could replace", path);
	}
	if (snprintf(a->part, PATH_ROOM, "%s.part", path) >= PATH_ROOM) {
		release(a);
		return spk_fail(err, SPK_E_LIMIT, "the name of the checkpoint is too long");
	}
	a->fd = open(a->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (a->fd < 0) {
		const int reason = errno;
		release(a);
		return spk_fail(err, SPK_E_IO, "cannot create %s: %s", path, strerror(reason));
	}
	(void)write_all(a, MAGIC, sizeof MAGIC);
	*ret_archive = a;
	return SPK_OK;
}

static int open_file(struct spk_archive *a)
{
	struct stat there;
	char magic[sizeof MAGIC];

	a->fd = open(a->path, O_RDONLY | O_CLOEXEC);
	if (a->fd < 0 || fstat(a->fd, &there))
		return spk_archive_fail(a, SPK_E_IO, "%s", strerror(errno));
	if (!S_ISREG(there.st_mode))
		return spk_archive_fail(a, SPK_E_IO, "it is no file");
	a->left = (uint64_t)there.st_size;
	if (a->left == 0)
		return spk_archive_fail(a, SPK_E_FORMAT, "it is empty");
	if (a->left < sizeof magic || read_all(a, magic, sizeof magic) ||
		memcmp(magic, MAGIC, sizeof magic) != 0)
		return spk_archive_fail(a, SPK_E_FORMAT, "it is no checkpoint of a simulation");
	return SPK_OK;
}

int spk_archive_open(const char *path, struct spk_archive **ret_archive, struct spk_error *err)
{
	struct spk_archive *a;

	*ret_archive = NULL;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return SPK_OK;
	a = allocate(path, 1);
	if (!a)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	(void)open_file(a); /* told when it is closed */
	*ret_archive = a;
	return SPK_OK;
}

static void put_in_place(struct spk_archive *a)
{
	if (!write_frame(a, 1) && fsync(a->fd) != 0)
		(void)spk_archive_fail(a, SPK_E_IO, "%s", strerror(errno));
	const int closed = close(a->fd);
	a->fd = -1;
	if (!a->status && (closed != 0 || rename(a->part, a->path) != 0))
		(void)spk_archive_fail(a, SPK_E_IO, "%s", strerror(errno));
	if (!a->status)
		spk_folder_sync(a->path);
}

int spk_archive_close(struct spk_archive *a, int status, struct spk_error *err)
{
	if (!status && !a->status && a->loading && (!a->is_last || a->at < a->n || a->left > 0))
		(void)spk_archive_fail(a, SPK_E_FORMAT, "it holds more than this scenario needs");
	if (!status && !a->status && !a->loading)
		put_in_place(a);
	if (!a->loading && (status || a->status))
		(void)unlink(a->part);
	const int rc = a->status ? a->status : status;
	if (a->status)
		(void)spk_fail(err, rc,
			a->loading ? "the checkpoint %s cannot be used: %s"
				   : "cannot write the checkpoint %s: %s",
			a->path, a->error.text);
	release(a);
	return rc;
}
