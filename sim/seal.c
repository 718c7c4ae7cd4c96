/*
 * A seal: eight bytes that say what it is, and the checksum of all bytes before these, least significant byte
 * first.
 */
#include "sim/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/checksum.h"

enum { MARK = 8, SUM = 8, SEAL = MARK + SUM, BLOCK = 1 << 16 };
static const unsigned char mark[MARK] = {'s', 'p', 'k', ' ', 's', 'e', 'a', 'l'};

/* Sum of the first n bytes of a file. */
static int sum_bytes(FILE *file, const char *path, uint64_t n, uint64_t *ret_sum, struct spk_error *err)
{
	uint64_t sum = SPK_CHECKSUM_START;
	unsigned char block[BLOCK];

	while (n > 0) {
		const size_t want = n < BLOCK ? (size_t)n : BLOCK;
		if (fread(block, 1, want, file) != want)
			return spk_fail(err, SPK_E_IO, "cannot read %s: %s", path,
				ferror(file) ? strerror(errno) : "it became shorter");
		sum = spk_checksum(sum, block, want);
		n -= want;
	}
	*ret_sum = sum;
	return SPK_OK;
}

static void make_seal(uint64_t sum, unsigned char seal[SEAL])
{
	memcpy(seal, mark, MARK);
	for (unsigned k = 0; k < SUM; k++)
		seal[MARK + k] = (unsigned char)(sum >> 8 * k);
}

/* Open a file and find its size. @return NULL with err filled */
static FILE *open_file(const char *path, const char *mode, uint64_t *ret_size, struct spk_error *err)
{
	FILE *const file = fopen(path, mode);
	struct stat about;

	if (file && fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode)) {
		*ret_size = (uint64_t)about.st_size;
		return file;
	}
	(void)spk_fail(
		err, SPK_E_IO, "cannot open %s: %s", path, file ? "not a regular file" : strerror(errno));
	if (file)
		(void)fclose(file);
	return NULL;
}

int spk_seal_write(const char *path, struct spk_error *err)
{
	unsigned char seal[SEAL];
	uint64_t size = 0, sum = 0;
	FILE *const file = open_file(path, "r+b", &size, err);

	if (!file)
		return SPK_E_IO;
	int rc = sum_bytes(file, path, size, &sum, err);
	make_seal(sum, seal);
	/* between reading and writing a stream must be positioned */
	if (!rc && (fseek(file, 0, SEEK_END) != 0 || fwrite(seal, 1, SEAL, file) != SEAL ||
			   fflush(file) != 0 || fsync(fileno(file)) != 0))
		rc = spk_fail(err, SPK_E_IO, "cannot write %s: %s", path, strerror(errno));
	if (fclose(file) != 0 && !rc)
		rc = spk_fail(err, SPK_E_IO, "cannot write %s: %s", path, strerror(errno));
	return rc;
}

int spk_seal_check(const char *path, struct spk_error *err)
{
	unsigned char seal[SEAL], got[SEAL];
	uint64_t size = 0, sum = 0;
	FILE *const file = open_file(path, "rb", &size, err);

	if (!file)
		return SPK_E_IO;
	int rc = size < SEAL ? spk_fail(err, SPK_E_FORMAT, "it has no checksum at its end")
			     : sum_bytes(file, path, size - SEAL, &sum, err);
	make_seal(sum, seal);
	if (!rc && fread(got, 1, SEAL, file) != SEAL)
		rc = spk_fail(err, SPK_E_IO, "cannot read %s: %s", path, strerror(errno));
	if (!rc && memcmp(got, seal, MARK) != 0)
		rc = spk_fail(err, SPK_E_FORMAT, "it has no checksum at its end: it was cut off or is none");
	if (!rc && memcmp(got, seal, SEAL) != 0)
		rc = spk_fail(err, SPK_E_FORMAT, "its checksum is wrong: it was damaged");
	(void)fclose(file);
	return rc;
}
