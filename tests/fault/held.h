/** What a result file that was cut short still holds of the file that it would have become. */
#ifndef SPIKEM_TESTS_HELD_H
#define SPIKEM_TESTS_HELD_H

#include <spikem/file.h>

#include "tests/fault/program.h"

enum { HELD_BLOCK = 4096 };

/* What a file holds of another that went on: values that were compared, or that it is not so. */
struct held {
	int right;
	uint64_t n_values;
};

static inline void held_differs(struct held *held, const char *path, const char *how)
{
	printf("# %s %s\n", path, how);
	held->right = 0;
}

/* The values of `part` are the first ones of `whole`. @return NULL, or what is wrong */
static inline const char *held_compare_numbers(
	struct spk_file *part, struct spk_file *whole, const char *path, uint64_t *n_values)
{
	static double a[HELD_BLOCK], b[HELD_BLOCK];
	uint64_t dims[4] = {0}, more[4] = {0}, slice = 1, n;
	int rank = 0, rank_whole = 0;

	if (spk_file_shape(part, path, &rank, dims, NULL) ||
		spk_file_shape(whole, path, &rank_whole, more, NULL) || rank != rank_whole || rank == 0)
		return "has another shape";
	for (int k = 1; k < rank; k++)
		slice *= dims[k];
	if (dims[0] > more[0] || slice > HELD_BLOCK)
		return "is shorter than it was";
	for (uint64_t first = 0; slice && first < dims[0]; first += n) {
		n = dims[0] - first < HELD_BLOCK / slice ? dims[0] - first : HELD_BLOCK / slice;
		if (spk_file_read(part, path, SPK_F64, first, n, a, NULL) ||
			spk_file_read(whole, path, SPK_F64, first, n, b, NULL))
			return "cannot be read";
		if (memcmp(a, b, (size_t)(n * slice) * sizeof *a) != 0)
			return "has other values";
		*n_values += n * slice;
	}
	return NULL;
}

static inline void held_compare_group(
	struct spk_file *part, struct spk_file *whole, const char *group, struct held *held)
{
	char **names = NULL, path[PROGRAM_PATH];
	uint64_t before = 0, after = 0;

	if (spk_file_names(part, group, &names, NULL))
		held_differs(held, group, "cannot be listed");
	if (spk_file_rows(part, group, &before, NULL) == SPK_OK &&
		(spk_file_rows(whole, group, &after, NULL) || after < before))
		held_differs(held, group, "has fewer rows than it had");
	for (size_t k = 0; names && names[k]; k++) {
		enum spk_kind kind = SPK_KIND_NONE;
		const char *wrong = NULL;
		(void)snprintf(path, sizeof path, "%s/%s", strcmp(group, "/") == 0 ? "" : group, names[k]);
		/* what says how long the run took, and what is only there in a file that goes on */
		if (strcmp(path, "/provenance") == 0 || strcmp(path, "/unfinished") == 0)
			continue;
		if (spk_file_kind(part, path, &kind, NULL))
			wrong = "cannot be opened";
		else if (kind == SPK_KIND_GROUP)
			held_compare_group(part, whole, path, held);
		else if (kind == SPK_KIND_NUMBERS)
			wrong = held_compare_numbers(part, whole, path, &held->n_values);
		if (wrong)
			held_differs(held, path, wrong);
	}
	spk_file_free_names(names);
}

/** Whether all numbers in the file `part` are the first ones of those in `whole`; says which are not. */
static inline struct held held_in(const char *part, const char *whole)
{
	struct spk_error err = {0};
	struct spk_file *a = NULL, *b = NULL;
	struct held held = {.right = 1};

	if (spk_file_open(part, &a, &err) || spk_file_open(whole, &b, &err))
		held_differs(&held, "files:", err.text);
	else
		held_compare_group(a, b, "/", &held);
	if (a)
		(void)spk_file_close(a, 0, NULL);
	if (b)
		(void)spk_file_close(b, 0, NULL);
	return held;
}

#endif
