/** Scenarios from texts: a scratch file, loaded, for tests of the reader. */
#ifndef SPIKEM_TESTS_SCENARIO_FILE_H
#define SPIKEM_TESTS_SCENARIO_FILE_H

#include "tests/test.h"

#include <spikem/scenario.h>
#include <stdio.h>
#include <stdlib.h>

/** What a load gave. Clear with loaded_clear. */
struct loaded {
	int rc;
	struct spk_scenario *scenario;
	char *report; /* NULL when there is nothing to report */
	struct spk_error err;
	char path[512];
};

/** Path of a scratch file. */
static inline void scratch_path(char *path, size_t size, const char *name)
{
	const char *folder = getenv("SPK_TEST_DIR");

	(void)snprintf(path, size, "%s/%s", folder != NULL ? folder : "/tmp", name);
}

static inline void write_scratch(const char *path, const char *text, size_t length)
{
	FILE *out = fopen(path, "wb");

	CHECK(out != NULL);
	if (out == NULL)
		return;
	CHECK(fwrite(text, 1, length, out) == length);
	CHECK(fclose(out) == 0);
}

/** Load a file, with up to 8 overrides. */
static inline struct loaded load_file(const char *path, size_t n, const char *const *sets)
{
	struct loaded loaded = {0};
	struct spk_override overrides[8] = {{NULL}};

	for (size_t k = 0; k < n; k++)
		overrides[k].text = sets[k];
	(void)snprintf(loaded.path, sizeof loaded.path, "%s", path);
	loaded.rc = spk_scenario_load(path, n, overrides, &loaded.scenario, &loaded.report, &loaded.err);
	return loaded;
}

static inline struct loaded load_text(const char *text)
{
	char path[512];

	scratch_path(path, sizeof path, "scenario_under_test.yaml");
	write_scratch(path, text, strlen(text));
	return load_file(path, 0, NULL);
}

static inline void loaded_clear(struct loaded *loaded)
{
	spk_scenario_free(loaded->scenario);
	free(loaded->report);
	*loaded = (struct loaded){0};
}

#endif
