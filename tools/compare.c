#include "tools/compare.h"
#include "tools/args.h"
#include "tools/commands.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SLICE = 1 << 27, MAX_DEPTH = 32, VALUE_ROOM = 48 };

static const struct spk_option options[] = {
	{'q', "quiet", NULL, "print nothing, only give the exit code"},
	{0},
};

static const struct spk_command command = {
	.name = "compare",
	.synopsis = "[OPTION] A B",
	.summary = "Tell whether two result files are equal, or where they first differ",
	.text = "Spikes are compared first, and of all populations the earliest difference is told. Then "
		"come\n"
		"the other data sets and attributes by name. Numbers are equal if they have the same value;\n"
		"NaN equals NaN. /provenance (version, wall time) and /report are not compared.\n"
		"The exit code is 0 if the files are equal, 1 if they differ, 2 if they cannot be "
		"compared.\n",
	.options = options,
	.min_operands = 2,
	.max_operands = 2,
};

void spk_pair_tell(struct spk_pair *pair, const char *format, ...)
{
	va_list list;
	pair->differs = 1;
	if (pair->quiet)
		return;
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

/* ---- Names ------------------------------------------------------------------------------------------ */

int spk_pair_names(struct spk_pair *pair, const char *where, const char *what, char **a, char **b)
{
	for (size_t k = 0;; k++) {
		if (!a[k] && !b[k])
			return 1;
		const int order = !a[k] ? 1 : !b[k] ? -1 : strcmp(a[k], b[k]);
		if (order != 0) {
			spk_pair_tell(pair, "%s: only %s has the %s %s", where, order < 0 ? "A" : "B", what,
				order < 0 ? a[k] : b[k]);
			return 0;
		}
	}
}

/* What the two files need not share. */
static int is_ignored(const char *path)
{
	return strcmp(path, "/provenance") == 0 || strcmp(path, "/report") == 0 ||
	       strcmp(path, "/unfinished") == 0;
}

static void drop_names(const char *folder, char **names)
{
	char path[SPK_PAIR_PATH];
	size_t n_kept = 0;
	for (size_t k = 0; names[k]; k++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[k]);
		if (is_ignored(path))
			free(names[k]);
		else
			names[n_kept++] = names[k];
	}
	names[n_kept] = NULL;
}

/* ---- Other data sets -------------------------------------------------------------------------------- */

static int is_equal(enum spk_type type, const void *a, const void *b, size_t k)
{
	if (type == SPK_F64) {
		const double x = ((const double *)a)[k], y = ((const double *)b)[k];
		return x == y || (isnan(x) && isnan(y));
	}
	if (type == SPK_F32) {
		const float x = ((const float *)a)[k], y = ((const float *)b)[k];
		return x == y || (isnan(x) && isnan(y));
	}
	if (type == SPK_U32)
		return ((const uint32_t *)a)[k] == ((const uint32_t *)b)[k];
	return memcmp((const char *)a + 8 * k, (const char *)b + 8 * k, 8) == 0;
}

static void print_value(char text[VALUE_ROOM], enum spk_type type, const void *values, size_t k)
{
	switch (type) {
	case SPK_F64:
		snprintf(text, VALUE_ROOM, "%.17g", ((const double *)values)[k]);
		return;
	case SPK_F32:
		snprintf(text, VALUE_ROOM, "%.9g", (double)((const float *)values)[k]);
		return;
	case SPK_U64:
		snprintf(text, VALUE_ROOM, "%llu", (unsigned long long)((const uint64_t *)values)[k]);
		return;
	case SPK_U32:
		snprintf(text, VALUE_ROOM, "%lu", (unsigned long)((const uint32_t *)values)[k]);
		return;
	case SPK_I64:
		snprintf(text, VALUE_ROOM, "%lld", (long long)((const int64_t *)values)[k]);
		return;
	}
}

struct shape {
	int rank;
	uint64_t dims[4];
	enum spk_type type;
};

/* @param at  number of the element, counted row by row */
static void tell_value(struct spk_pair *pair, const char *path, const struct shape *shape, uint64_t at,
	const void *const values[2], size_t k)
{
	char text[2][VALUE_ROOM], where[SPK_PAIR_WHERE] = "";
	for (int d = shape->rank - 1; d >= 0; d--) {
		char inner[SPK_PAIR_WHERE];
		memcpy(inner, where, sizeof inner);
		snprintf(where, sizeof where, "[%llu]%.70s",
			(unsigned long long)(d ? at % shape->dims[d] : at), inner);
		at = d ? at / shape->dims[d] : 0;
	}
	print_value(text[0], shape->type, values[0], k);
	print_value(text[1], shape->type, values[1], k);
	spk_pair_tell(pair, "%s%s: A: %s, B: %s", path, where, text[0], text[1]);
}

/* The rows that both sides have. */
static int compare_rows(struct spk_pair *pair, const char *path, const struct shape *shape)
{
	uint64_t slice = 1;
	for (int d = 1; d < shape->rank && slice <= MAX_SLICE; d++)
		slice *= shape->dims[d] <= MAX_SLICE ? shape->dims[d] : MAX_SLICE + UINT64_C(1);
	const uint64_t step = slice == 0 || slice > SPK_PAIR_BLOCK ? 1 : SPK_PAIR_BLOCK / slice;
	int rc = SPK_OK;
	if (slice == 0)
		return SPK_OK;
	if (slice > MAX_SLICE)
		return spk_fail(&pair->err, SPK_E_LIMIT, "%s: its rows are too large to be compared", path);
	void *const sides[2] = {malloc((size_t)(step * slice) * 8), malloc((size_t)(step * slice) * 8)};
	if (!sides[0] || !sides[1])
		rc = spk_fail(&pair->err, SPK_E_NOMEM, "%s: out of memory", path);
	for (uint64_t row = 0; row < shape->dims[0] && !rc && !pair->differs; row += step) {
		const uint64_t n = shape->dims[0] - row < step ? shape->dims[0] - row : step;
		for (int side = 0; side < 2 && !rc; side++)
			rc = spk_file_read(
				pair->side[side], path, shape->type, row, n, sides[side], &pair->err);
		for (uint64_t k = 0; k < n * slice && !rc && !pair->differs; k++)
			if (!is_equal(shape->type, sides[0], sides[1], k))
				tell_value(pair, path, shape, row * slice + k, (const void *const *)sides, k);
	}
	free(sides[0]);
	free(sides[1]);
	return rc;
}

static int compare_numbers(struct spk_pair *pair, const char *path)
{
	struct shape shapes[2];
	for (int side = 0; side < 2; side++) {
		struct spk_file *const file = pair->side[side];
		struct shape *const shape = &shapes[side];
		int rc = spk_file_shape(file, path, &shape->rank, shape->dims, &pair->err);
		if (!rc)
			rc = spk_file_type(file, path, &shape->type, &pair->err);
		if (rc)
			return rc;
	}
	if (shapes[0].type != shapes[1].type)
		spk_pair_tell(pair, "%s: the types differ", path);
	else if (shapes[0].rank != shapes[1].rank)
		spk_pair_tell(
			pair, "%s: A has %d dimensions, B has %d", path, shapes[0].rank, shapes[1].rank);
	for (int d = 1; d < shapes[0].rank && !pair->differs; d++)
		if (shapes[0].dims[d] != shapes[1].dims[d])
			spk_pair_tell(pair, "%s: dimension %d is %llu in A, %llu in B", path, d,
				(unsigned long long)shapes[0].dims[d], (unsigned long long)shapes[1].dims[d]);
	if (pair->differs)
		return SPK_OK;
	const struct shape *const shorter = &shapes[shapes[1].dims[0] < shapes[0].dims[0]];
	const int rc = compare_rows(pair, path, shorter);
	if (!rc && !pair->differs && shapes[0].dims[0] != shapes[1].dims[0])
		spk_pair_tell(pair, "%s: A has %llu rows, B has %llu", path,
			(unsigned long long)shapes[0].dims[0], (unsigned long long)shapes[1].dims[0]);
	return rc;
}

/* The first line in which two texts differ. */
static void compare_texts(struct spk_pair *pair, const char *path, const char *a, const char *b)
{
	int line = 1;
	if (strcmp(a, b) == 0)
		return;
	while (1) {
		const size_t n_a = strcspn(a, "\n"), n_b = strcspn(b, "\n");
		if (n_a != n_b || memcmp(a, b, n_a) != 0 || !a[n_a] || !b[n_b]) {
			spk_pair_tell(
				pair, "%s, line %d: A: %.*s, B: %.*s", path, line, (int)n_a, a, (int)n_b, b);
			return;
		}
		a += n_a + 1;
		b += n_b + 1;
		line++;
	}
}

static int compare_text_sets(struct spk_pair *pair, const char *path)
{
	char *texts[2] = {NULL, NULL};
	int rc = spk_file_read_text(pair->side[0], path, &texts[0], &pair->err);
	if (!rc)
		rc = spk_file_read_text(pair->side[1], path, &texts[1], &pair->err);
	if (!rc)
		compare_texts(pair, path, texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
	return rc;
}

/* ---- Attributes ------------------------------------------------------------------------------------- */

/* An attribute that is neither a text nor a number (SONATA's version, sorting) says nothing of the run. */
static void compare_attr(struct spk_pair *pair, const char *path, const char *name)
{
	char *texts[2] = {NULL, NULL}, where[2 * SPK_PAIR_PATH + 16];
	double values[2];
	snprintf(where, sizeof where, "%s, attribute %s", path, name);
	for (int side = 0; side < 2; side++) {
		values[side] = NAN;
		if (spk_file_read_attr_text(pair->side[side], path, name, &texts[side], NULL) &&
			spk_file_read_attr_f64(pair->side[side], path, name, &values[side], NULL))
			values[side] = NAN;
	}
	if (texts[0] && texts[1])
		compare_texts(pair, where, texts[0], texts[1]);
	else if (texts[0] || texts[1])
		spk_pair_tell(pair, "%s: the types differ", where);
	else if (!(values[0] == values[1] || (isnan(values[0]) && isnan(values[1]))))
		spk_pair_tell(pair, "%s: A: %.17g, B: %.17g", where, values[0], values[1]);
	free(texts[0]);
	free(texts[1]);
}

static int compare_attrs(struct spk_pair *pair, const char *path)
{
	char **names[2] = {NULL, NULL};
	int rc = spk_file_attr_names(pair->side[0], path, &names[0], &pair->err);
	if (!rc)
		rc = spk_file_attr_names(pair->side[1], path, &names[1], &pair->err);
	if (!rc && spk_pair_names(pair, path, "attribute", names[0], names[1]))
		for (size_t k = 0; names[0][k] && !pair->differs; k++)
			compare_attr(pair, path, names[0][k]);
	spk_file_free_names(names[0]);
	spk_file_free_names(names[1]);
	return rc;
}

/* ---- The tree --------------------------------------------------------------------------------------- */

static int compare_objects(struct spk_pair *pair, const char *path, int depth);

static int compare_groups(struct spk_pair *pair, const char *path, int depth)
{
	char **names[2] = {NULL, NULL}, member[SPK_PAIR_PATH];
	const char *const folder = path[1] ? path : "";
	int rc = SPK_OK;
	if (depth > MAX_DEPTH)
		return spk_fail(&pair->err, SPK_E_LIMIT, "%s: groups are nested too deeply", path);
	for (int side = 0; side < 2 && !rc; side++) {
		rc = spk_file_names(pair->side[side], path, &names[side], &pair->err);
		if (!rc)
			drop_names(folder, names[side]);
	}
	if (!rc && spk_pair_names(pair, path, "member", names[0], names[1])) {
		for (size_t k = 0; names[0][k] && !rc && !pair->differs; k++) {
			snprintf(member, sizeof member, "%s/%s", folder, names[0][k]);
			rc = compare_objects(pair, member, depth + 1);
		}
	}
	spk_file_free_names(names[0]);
	spk_file_free_names(names[1]);
	return rc;
}

static int compare_objects(struct spk_pair *pair, const char *path, int depth)
{
	enum spk_kind kinds[2];
	int rc = spk_file_kind(pair->side[0], path, &kinds[0], &pair->err);
	if (!rc)
		rc = spk_file_kind(pair->side[1], path, &kinds[1], &pair->err);
	if (rc)
		return rc;
	if (kinds[0] != kinds[1])
		spk_pair_tell(pair, "%s: the types differ", path);
	else if (kinds[0] == SPK_KIND_GROUP)
		rc = compare_groups(pair, path, depth);
	else if (kinds[0] == SPK_KIND_NUMBERS)
		rc = compare_numbers(pair, path);
	else if (kinds[0] == SPK_KIND_TEXT)
		rc = compare_text_sets(pair, path);
	else
		rc = spk_fail(&pair->err, SPK_E_FORMAT, "%s: neither numbers nor a text", path);
	if (!rc && !pair->differs)
		rc = compare_attrs(pair, path);
	return rc;
}

/* ---- The command ------------------------------------------------------------------------------------ */

static int compare_files(struct spk_pair *pair)
{
	int rc = spk_pair_spikes(pair);
	if (!rc && !pair->differs)
		rc = compare_groups(pair, "/", 0);
	for (int side = 0; side < 2 && !rc; side++)
		if (!spk_file_is_complete(pair->side[side]) && !pair->quiet)
			fprintf(stderr, "spikem: warning: %c is unfinished\n", "AB"[side]);
	return rc;
}

int spk_cmd_compare(int argc, char **argv)
{
	struct spk_pair pair = {0};
	struct spk_args args;
	int option, rc = SPK_OK;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		pair.quiet = 1;
	if (option < 0)
		return spk_args_exit(option);
	for (size_t side = 0; side < 2 && !rc; side++)
		rc = spk_file_open(spk_args_operand(&args, side), &pair.side[side], &pair.err);
	if (!rc)
		rc = compare_files(&pair);
	spk_file_close(pair.side[0], 0, NULL);
	spk_file_close(pair.side[1], 0, NULL);
	if (rc) {
		spk_print_error(&pair.err);
		return SPK_EXIT_USAGE; /* as diff and cmp do: 1 is kept for "different" */
	}
	if (!pair.differs && !pair.quiet)
		puts("equal");
	return pair.differs;
}
