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
static const char MAGIC[8] = "SPKSAVE2";

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "archives are little-endian");

/* What comes behind a frame. */
enum { GOES_ON, PART_ENDS, FILE_ENDS };

struct frame_head {
	uint32_t n, end;
	uint64_t checksum; /* of the two words above and the n bytes, continued from the frame before */
};

/* What stands before a frame on its way between ranks. */
struct mark {
	uint32_t n, end;
	uint64_t left;
};

struct spk_archive {
	struct spk_ranks *ranks; /* lent */
	unsigned number, source; /* this rank; the one that transfers what is written or read in a part */
	int fd, loading;
	char *path, *part;              /* part: the name under which it is written */
	unsigned char *message, *frame; /* a mark; behind it the frame */
	size_t n, at;                   /* bytes in the frame; read from it */
	uint32_t end;                   /* reading: of the frame */
	uint64_t checksum;              /* of the frames so far */
	uint64_t left;                  /* reading: bytes of the file behind the frame */
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

/* Rank 0 has the file. */
static int leads(const struct spk_archive *a)
{
	return a->number == 0;
}

static int is_source(const struct spk_archive *a)
{
	return a->number == a->source;
}

static void release(struct spk_archive *a)
{
	if (a->fd >= 0)
		close(a->fd);
	free(a->path);
	free(a->part);
	free(a->message);
	free(a);
}

static struct spk_archive *allocate(const char *path, struct spk_ranks *ranks, int loading)
{
	struct spk_archive *a = calloc(1, sizeof *a);

	if (!a)
		return NULL;
	a->ranks = ranks;
	a->number = spk_ranks_number(ranks);
	a->fd = -1;
	a->loading = loading;
	a->checksum = SPK_CHECKSUM_START;
	a->path = strdup(path);
	a->part = malloc(PATH_ROOM);
	a->message = malloc(sizeof(struct mark) + SPK_ARCHIVE_FRAME);
	if (a->path && a->part && a->message) {
		a->frame = a->message + sizeof(struct mark);
		return a;
	}
	release(a);
	return NULL;
}

/* ---- Frames ------------------------------------------------------------------------------------- */

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

static int put_frame(struct spk_archive *a, uint32_t end)
{
	struct frame_head head = {.n = (uint32_t)a->n, .end = end};

	a->checksum = head.checksum = check(a, &head);
	const int rc = write_all(a, &head, sizeof head);
	return rc ? rc : write_all(a, a->frame, head.n);
}

static int take_frame(struct spk_archive *a)
{
	struct frame_head head;

	if (read_all(a, &head, sizeof head))
		return a->status;
	if (head.n > SPK_ARCHIVE_FRAME || head.end > FILE_ENDS)
		return spk_archive_fail(a, SPK_E_FORMAT, "it is damaged");
	if (read_all(a, a->frame, head.n))
		return a->status;
	a->checksum = check(a, &head);
	if (a->checksum != head.checksum)
		return spk_archive_fail(a, SPK_E_FORMAT, "it is damaged");
	a->n = head.n;
	a->end = head.end;
	return SPK_OK;
}

/* A frame from one rank to all. */
static int share_frame(struct spk_archive *a, unsigned from)
{
	struct mark mark = {.n = (uint32_t)a->n, .end = a->end, .left = a->left};
	const size_t n = a->number == from ? sizeof mark + a->n : 0;
	struct spk_error reason = {0};
	struct spk_parts parts;

	memcpy(a->message, &mark, sizeof mark);
	const int rc = spk_ranks_share(a->ranks, n, a->message, &parts, &reason);
	if (rc)
		return spk_archive_fail(a, rc, "%s", reason.text);
	if (a->number == from)
		return SPK_OK;
	memcpy(a->message, parts.part[from].data, parts.part[from].n);
	memcpy(&mark, a->message, sizeof mark);
	a->n = mark.n;
	a->end = mark.end;
	a->left = mark.left;
	return SPK_OK;
}

/* The frame of the rank that transfers, to the disk. */
static int write_frame(struct spk_archive *a, uint32_t end)
{
	a->end = end;
	if (a->source > 0 && share_frame(a, a->source))
		return a->status;
	const int rc = leads(a) ? put_frame(a, a->end) : SPK_OK;
	a->n = 0;
	return rc;
}

static int read_frame(struct spk_archive *a)
{
	if (a->end)
		return spk_archive_fail(a, SPK_E_FORMAT, "it holds less than this scenario needs");
	a->at = 0;
	if (leads(a) && take_frame(a))
		return a->status;
	return a->ranks ? share_frame(a, 0) : SPK_OK;
}

/* ---- Bytes -------------------------------------------------------------------------------------- */

static int save_bytes(struct spk_archive *a, const unsigned char *from, size_t n)
{
	while (n > 0 && !a->status) {
		const size_t room = SPK_ARCHIVE_FRAME - a->n, some = n < room ? n : room;
		memcpy(a->frame + a->n, from, some);
		a->n += some;
		from += some;
		n -= some;
		if (a->n == SPK_ARCHIVE_FRAME)
			(void)write_frame(a, GOES_ON);
	}
	return a->status;
}

static int load_bytes(struct spk_archive *a, unsigned char *to, size_t n)
{
	while (n > 0 && !a->status) {
		const size_t there = a->n - a->at, some = n < there ? n : there;
		if (to) {
			memcpy(to, a->frame + a->at, some);
			to += some;
		}
		a->at += some;
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
	if (a->loading)
		return load_bytes(a, data, n);
	return is_source(a) ? save_bytes(a, data, n) : SPK_OK;
}

int spk_archive_skip(struct spk_archive *a, size_t n)
{
	return a->status ? a->status : load_bytes(a, NULL, n);
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

/* ---- Parts -------------------------------------------------------------------------------------- */

/* What was transferred must be all that there was. */
static int read_end(struct spk_archive *a, uint32_t end)
{
	while (!a->status && !a->end && a->at == a->n)
		(void)read_frame(a);
	if (!a->status && (a->at < a->n || a->end != end))
		(void)spk_archive_fail(a, SPK_E_FORMAT, "it holds more than this scenario needs");
	a->n = a->at = 0;
	a->end = GOES_ON;
	return a->status;
}

int spk_archive_begin(struct spk_archive *a, unsigned rank, int *ret_is_own)
{
	if (!a->status && a->loading)
		(void)read_end(a, PART_ENDS);
	else if (!a->status)
		(void)write_frame(a, PART_ENDS);
	a->source = rank;
	*ret_is_own = is_source(a);
	return a->status;
}

int spk_archive_end(struct spk_archive *a)
{
	if (is_source(a) && !a->status && a->loading)
		(void)read_end(a, PART_ENDS);
	else if (is_source(a) && !a->status)
		(void)write_frame(a, PART_ENDS);
	else if (!is_source(a) && a->loading)
		while (!a->status && !a->end)
			(void)read_frame(a);
	else if (!is_source(a) && a->source > 0)
		do
			(void)write_frame(a, GOES_ON);
		while (!a->status && a->end != PART_ENDS);
	a->n = a->at = 0;
	a->end = GOES_ON;
	a->source = 0;
	return a->status;
}

/* ---- Life cycle --------------------------------------------------------------------------------- */

/* The file at rank 0, under its other name. */
static int create_file(struct spk_archive *a, struct spk_error *err)
{
	struct stat there;

	if (!leads(a))
		return SPK_OK;
	if (stat(a->path, &there) == 0 && !S_ISREG(there.st_mode))
		return spk_fail(err, SPK_E_IO, "%s is no file that a checkpoint could replace", a->path);
	if (snprintf(a->part, PATH_ROOM, "%s.part", a->path) >= PATH_ROOM)
		return spk_fail(err, SPK_E_LIMIT, "the name of the checkpoint is too long");
	a->fd = open(a->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (a->fd < 0)
		return spk_fail(err, SPK_E_IO, "cannot create %s: %s", a->path, strerror(errno));
	(void)write_all(a, MAGIC, sizeof MAGIC); /* told when it is closed */
	return SPK_OK;
}

int spk_archive_create(
	const char *path, struct spk_ranks *ranks, struct spk_archive **ret_archive, struct spk_error *err)
{
	struct spk_archive *a = allocate(path, ranks, 0);
	int rc = a ? create_file(a, err) : spk_fail(err, SPK_E_NOMEM, "out of memory");

	rc = spk_ranks_agree(ranks, rc, err);
	if (!rc) {
		*ret_archive = a;
		return SPK_OK;
	}
	if (a && a->fd >= 0)
		(void)unlink(a->part);
	if (a)
		release(a);
	return rc;
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

int spk_archive_open(
	const char *path, struct spk_ranks *ranks, struct spk_archive **ret_archive, struct spk_error *err)
{
	struct spk_archive *a = allocate(path, ranks, 1);
	uint64_t there = a && leads(a) && !(access(path, F_OK) != 0 && errno == ENOENT);
	int rc = a ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory");

	*ret_archive = NULL;
	rc = spk_ranks_agree(ranks, rc, err);
	if (!rc)
		rc = spk_ranks_agree(ranks, spk_ranks_sum(ranks, 1, &there, err), err);
	if (a && (rc || !there)) {
		release(a);
		return rc;
	}
	if (!rc && leads(a))
		(void)open_file(a); /* told when it is closed */
	*ret_archive = a;
	return rc;
}

/* All that was written, to the disk. */
static void finish_file(struct spk_archive *a)
{
	if (!write_frame(a, FILE_ENDS) && leads(a) && fsync(a->fd) != 0)
		(void)spk_archive_fail(a, SPK_E_IO, "%s", strerror(errno));
	if (leads(a) && close(a->fd) != 0)
		(void)spk_archive_fail(a, SPK_E_IO, "%s", strerror(errno));
	a->fd = -1;
}

static void put_in_place(struct spk_archive *a)
{
	if (leads(a) && rename(a->part, a->path) != 0)
		(void)spk_archive_fail(a, SPK_E_IO, "%s", strerror(errno));
	else if (leads(a))
		spk_folder_sync(a->path);
}

/* How it ended on all ranks; what is told is of the first that failed. */
static int agree(const struct spk_archive *a, int status, struct spk_error *told)
{
	const int rc = a->status ? a->status : status;

	if (a->status)
		(void)spk_fail(told, rc,
			a->loading ? "the checkpoint %s cannot be used: %s"
				   : "cannot write the checkpoint %s: %s",
			a->path, a->error.text);
	return spk_ranks_agree(a->ranks, rc, told);
}

int spk_archive_close(struct spk_archive *a, int status, struct spk_error *err)
{
	struct spk_error told = {0};

	if (!status && !a->status && a->loading) {
		(void)read_end(a, FILE_ENDS);
		if (leads(a) && a->left > 0)
			(void)spk_archive_fail(a, SPK_E_FORMAT, "it holds more than this scenario needs");
	} else if (!status && !a->status) {
		finish_file(a);
	}
	int rc = agree(a, status, &told);
	if (!rc && !a->loading) {
		put_in_place(a);
		rc = agree(a, SPK_OK, &told);
	}
	if (!a->loading && rc && leads(a))
		(void)unlink(a->part);
	if (told.status && err)
		*err = told;
	release(a);
	return rc;
}
