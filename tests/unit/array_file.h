/** HDF5 files with arrays, and scenarios that read them. */
#ifndef SPIKEM_TESTS_ARRAY_FILE_H
#define SPIKEM_TESTS_ARRAY_FILE_H

#include "tests/unit/scenario_wrong.h"

#include <spikem/file.h>

static inline struct spk_file *begin_file(const char *name)
{
	struct spk_file *file = NULL;
	char path[512];

	scratch_path(path, sizeof path, name);
	CHECK(spk_file_create(path, NULL, &file, NULL) == SPK_OK);
	return file;
}

static inline void put(struct spk_file *file, const char *path, uint64_t rows, uint64_t width,
	const double *values, const char *unit)
{
	const uint64_t dims[] = {rows, width};

	CHECK(spk_file_array(file, path, SPK_F64, width > 0 ? 2 : 1, dims, values, unit, "", NULL) == SPK_OK);
}

static inline struct loaded load_right(const char *text)
{
	struct loaded loaded = load_text(text);

	if (!CHECK(loaded.rc == SPK_OK && loaded.scenario != NULL))
		printf("#   %s\n%s\n", text, loaded.report != NULL ? loaded.report : loaded.err.text);
	return loaded;
}

#endif
