/**
 * What fuzz targets share. A target is one file with LLVMFuzzerTestOneInput: a pure function of the bytes
 * that it is given. libFuzzer drives it (`make fuzz`), and tests/fuzz/driver/replay.c, which needs no clang
 * (`make test`).
 */
#ifndef SPIKEM_TESTS_FUZZ_H
#define SPIKEM_TESTS_FUZZ_H

#include <spikem/status.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Damaged inputs that `make test` tries: a few seconds' worth. */
extern const unsigned long fuzz_cases;

/** Something that must be true whatever the input; a driver reports the abort with the input. */
#define FUZZ_HOLDS(condition)                                                                                \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "fuzz: %s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

/** An error is one: its status is what was returned, and there is a text. */
#define FUZZ_IS_ERROR(rc, err) FUZZ_HOLDS((err).status == (rc) && (err).text[0])

/** Bytes that are used up from the front; zeros follow the end. */
struct fuzz_bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint64_t fuzz_number(struct fuzz_bytes *bytes, unsigned n_bytes)
{
	uint64_t number = 0;

	for (unsigned k = 0; k < n_bytes; k++) {
		number = number << 8 | (bytes->left ? *bytes->at : 0);
		bytes->at += bytes->left != 0;
		bytes->left -= bytes->left != 0;
	}
	return number;
}

/* ---- Files -------------------------------------------------------------------------------------- */

enum { FUZZ_PATH = 512, FUZZ_FILE = 1 << 17 };

/** A folder of this process, made when first asked for and removed with its plain files at the end. */
static inline const char *fuzz_folder(void);

static inline void fuzz_remove_folder(void)
{
	char command[FUZZ_PATH + 32];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", fuzz_folder());
	if (system(command) != 0)
		fprintf(stderr, "fuzz: cannot remove %s\n", fuzz_folder());
}

static inline const char *fuzz_folder(void)
{
	static char folder[FUZZ_PATH - 64];
	const char *base = getenv("TMPDIR");

	if (folder[0])
		return folder;
	if (!base) /* in memory: a file for each input is what takes the time */
		base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(folder, sizeof folder, "%s/fuzz-XXXXXX", base);
	FUZZ_HOLDS(mkdtemp(folder));
	(void)atexit(fuzz_remove_folder);
	return folder;
}

/** Write a file of that name into the folder; path[FUZZ_PATH] gets where it is. */
static inline void fuzz_write(const char *name, const void *bytes, size_t size, char *path)
{
	(void)snprintf(path, FUZZ_PATH, "%s/%s", fuzz_folder(), name);
	FILE *const file = fopen(path, "wb");

	FUZZ_HOLDS(file);
	FUZZ_HOLDS(fwrite(bytes, 1, size, file) == size);
	FUZZ_HOLDS(fclose(file) == 0);
}

/** Read a file of less than FUZZ_FILE bytes. @return its size */
static inline size_t fuzz_read(const char *path, uint8_t bytes[FUZZ_FILE])
{
	FILE *const file = fopen(path, "rb");

	FUZZ_HOLDS(file);
	const size_t size = fread(bytes, 1, FUZZ_FILE, file);
	FUZZ_HOLDS(fclose(file) == 0 && size < FUZZ_FILE);
	return size;
}

/**
 * Change a file as a script says, for files too large or too changeable to stand in a corpus: an operation
 * takes six bytes.
 */
static inline void fuzz_edit(struct fuzz_bytes *script, uint8_t bytes[FUZZ_FILE], size_t *size)
{
	while (script->left >= 6 && *size) {
		const uint64_t what = fuzz_number(script, 1);
		const size_t at = (size_t)fuzz_number(script, 3) % *size;
		const uint64_t value = fuzz_number(script, 2);
		switch (what % 6) {
		case 0: /* a flipped bit */
			bytes[at] ^= (uint8_t)(1u << value % 8);
			break;
		case 1: /* another byte */
			bytes[at] = (uint8_t)value;
			break;
		case 2: /* a span of one byte */
			memset(bytes + at, (int)(value & 1 ? 0xff : 0),
				value % 64 < *size - at ? value % 64 : 0);
			break;
		case 3: /* a span from elsewhere */
			memmove(bytes + at, bytes + value % *size, 8 < *size - at ? 8 : 0);
			break;
		case 4: /* the end is lost, now and then */
			*size = value % 8 ? *size : at;
			break;
		default: /* something follows */
			if (*size + 2 <= FUZZ_FILE) {
				bytes[(*size)++] = (uint8_t)value;
				bytes[(*size)++] = (uint8_t)(value >> 8);
			}
		}
	}
}

#endif
