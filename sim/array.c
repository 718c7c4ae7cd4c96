#include "sim/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 12 };

void spk_array_clear(struct spk_array *array)
{
	free(array->values);
	*array = (struct spk_array){0};
}

/* The members of the deepest group on the way to `path`, as text for a message. */
static void list_neighbours(struct spk_file *file, const char *path, char *text, size_t size)
{
	char group[512];
	char **names = NULL;
	enum spk_kind kind = SPK_KIND_NONE;
	size_t length;

	text[0] = '\0';
	(void)snprintf(group, sizeof group, "%s", path);
	do {
		char *const slash = strrchr(group, '/');

		if (slash == NULL)
			return;
		slash[slash == group] = '\0';
		if (spk_file_kind(file, group, &kind, NULL) != SPK_OK)
			return;
	} while (kind != SPK_KIND_GROUP && group[1] != '\0');
	if (spk_file_names(file, group, &names, NULL) != SPK_OK)
		return;
	(void)snprintf(text, size, "; %.300s has", group);
	for (size_t k = 0; names[k] != NULL; k++) {
		length = strlen(text);
		(void)snprintf(text + length, size - length, "%s %s", k > 0 ? "," : "",
			k < MAX_NAMES ? names[k] : "...");
		if (k >= MAX_NAMES)
			break;
	}
	spk_file_free_names(names);
}

static int expect_numbers(struct spk_file *file, const char *path, struct spk_error *err)
{
	char neighbours[512];
	enum spk_kind kind;
	const int rc = spk_file_kind(file, path, &kind, err);

	if (rc != SPK_OK || kind == SPK_KIND_NUMBERS)
		return rc;
	if (kind != SPK_KIND_NONE)
		return spk_fail(err, SPK_E_FORMAT, "%s is no data set of numbers", path);
	list_neighbours(file, path, neighbours, sizeof neighbours);
	return spk_fail(err, SPK_E_FORMAT, "the result file has no %s%s", path, neighbours);
}

int spk_array_read(struct spk_file *file, const char *path, uint64_t max_values, struct spk_array *ret_array,
	struct spk_error *err)
{
	struct spk_array array = {0};
	uint64_t dims[4] = {0}, n = 1;
	int rank;
	int rc = expect_numbers(file, path, err);

	if (rc == SPK_OK)
		rc = spk_file_shape(file, path, &rank, dims, err);
	if (rc != SPK_OK)
		return rc;
	for (int k = 0; k < 4; k++) {
		if (dims[k] != 0 && n > max_values / dims[k])
			return spk_fail(err, SPK_E_LIMIT, "%s holds more than %llu numbers", path,
				(unsigned long long)max_values);
		n *= dims[k];
	}
	array.n_rows = (size_t)dims[0];
	array.width = dims[0] != 0 ? (size_t)(n / dims[0]) : 1;
	array.values = malloc((n + 1) * sizeof *array.values);
	if (array.values == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	if (n > 0)
		rc = spk_file_read(file, path, SPK_F64, 0, dims[0], array.values, err);
	if (rc != SPK_OK)
		free(array.values);
	else
		*ret_array = array;
	return rc;
}
