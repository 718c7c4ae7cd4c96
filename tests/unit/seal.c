/* Seals: whole files pass; each changed bit, each lost byte and each added byte is noticed. */
#include "sim/seal.h"
#include "tests/test.h"
#include "tests/unit/idx_file.h"

#include <unistd.h>

enum { CONTENT = 100, SEALED = CONTENT + 16, PATH = 512 };

/* Write a file of those bytes and check its seal. */
static int check_bytes(const char *path, const unsigned char *bytes, size_t n, struct spk_error *err)
{
	*err = (struct spk_error){0};
	CHECK(write_bytes(path, bytes, n) == 0);
	return spk_seal_check(path, err);
}

static int refuses(const char *path, const unsigned char *bytes, size_t n)
{
	struct spk_error err;
	const int rc = check_bytes(path, bytes, n, &err);

	return CHECK(rc == SPK_E_FORMAT && err.status == rc && err.text[0]);
}

/* A sealed file of CONTENT bytes. */
static void make_sealed(const char *path, unsigned char sealed[SEALED + 1])
{
	struct spk_error err = {0};
	FILE *file;

	for (int k = 0; k < CONTENT; k++)
		sealed[k] = (unsigned char)(37 * k);
	CHECK(write_bytes(path, sealed, CONTENT) == 0 && spk_seal_write(path, &err) == SPK_OK);
	file = fopen(path, "rb");
	CHECK(file && fread(sealed, 1, SEALED + 1, file) == SEALED);
	if (file)
		(void)fclose(file);
}

static void any_change_is_noticed(void)
{
	unsigned char sealed[SEALED + 1];
	struct spk_error err;
	char path[PATH];

	(void)snprintf(
		path, sizeof path, "%s/sealed", getenv("SPK_TEST_DIR") ? getenv("SPK_TEST_DIR") : "/tmp");
	make_sealed(path, sealed);
	CHECK(check_bytes(path, sealed, SEALED, &err) == SPK_OK);
	for (int bit = 0; bit < 8 * SEALED; bit++) {
		sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
		refuses(path, sealed, SEALED);
		sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	for (size_t n = 0; n < SEALED; n++)
		refuses(path, sealed, n);
	sealed[SEALED] = 0;
	refuses(path, sealed, SEALED + 1);
	(void)unlink(path);
}

static void what_is_no_file(void)
{
	struct spk_error err = {0};

	CHECK(spk_seal_check("/nowhere/at/all", &err) == SPK_E_IO && strstr(err.text, "No such file"));
	CHECK(spk_seal_check("/dev", &err) == SPK_E_IO && strstr(err.text, "not a regular file"));
	CHECK(spk_seal_write("/dev/full", &err) == SPK_E_IO);
}

TEST_MAIN(TEST(any_change_is_noticed), TEST(what_is_no_file))
