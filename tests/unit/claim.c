/*
 * Claims: parts of result files against plain loops over the same numbers, combining, verdicts, and the
 * reader's idea of a good claim. Mistakes are in claim_errors.c.
 */
#include "tests/unit/scenario_file.h"

#include <spikem/claim.h>
#include <spikem/file.h>
#include <string.h>

/* A measurement that hands out what it was given. */
static struct {
	double first[64], second[64];
	size_t n_first, n_second;
} seen;

static int spy(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	(void)par, (void)confidence;
	seen.n_first = in[0].n;
	seen.n_second = in[1].n;
	if (in[0].n > 64 || in[1].n > 64)
		return spk_fail(err, SPK_E_INVALID, "too many for the test");
	for (size_t k = 0; k < in[0].n; k++)
		seen.first[k] = in[0].values[k];
	for (size_t k = 0; k < in[1].n; k++)
		seen.second[k] = in[1].values[k];
	*ret = (struct spk_estimate){(double)seed, NAN, NAN, in[0].n};
	return SPK_OK;
}

static const struct spk_measure_input spy_inputs[] = {{"first", 0, ""}, {"second", 1, ""}};
static const struct spk_measurement spy_measure = {
	.name = "spy", .inputs = spy_inputs, .n_inputs = 2, .run = spy};

/* ---- Measuring ---------------------------------------------------------------------------------- */

enum { N = 6 };
static const double times[N] = {10, 20, 30, 40, 50, 60};
static const uint64_t ids[N] = {2, 0, 1, 0, 2, 1};
static const float table[N * 3] = {0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52};

static void write_file(char *path, size_t size, int complete)
{
	static const struct spk_column columns[] = {{"time", SPK_F64, "ms", ""}, {"id", SPK_U64, "", ""}};
	const void *const rows[] = {times, ids};
	const uint64_t dims[] = {N, 3};
	struct spk_file *file = NULL;
	struct spk_stream *stream;
	struct spk_error err;

	scratch_path(path, size, "claim_under_test.h5");
	CHECK(spk_file_create(path, NULL, &file, &err) == SPK_OK);
	CHECK(spk_file_stream(file, "/s", 2, columns, &stream, &err) == SPK_OK);
	CHECK(spk_stream_append(stream, N, rows, &err) == SPK_OK);
	CHECK(spk_file_array(file, "/deep/table", SPK_F32, 2, dims, table, "", "", &err) == SPK_OK);
	CHECK(spk_file_array(file, "/deep/none", SPK_F64, 1, (const uint64_t[]){0}, times, "", "", &err) ==
		SPK_OK);
	CHECK(spk_file_attr_f64(file, "/deep", "share", 0.25, &err) == SPK_OK);
	CHECK(spk_file_text(file, "/deep/text", "words", &err) == SPK_OK);
	CHECK(spk_file_close(file, complete, &err) == SPK_OK);
}

/* Read a part as the first input of the spy. */
static int measure_part(struct spk_result_part part, struct spk_error *err)
{
	struct spk_result_series of[2] = {{1, &part}, {0, NULL}};
	const struct spk_observable what = {.measure = &spy_measure, .of = of};
	struct spk_estimate figure;
	char path[512];

	if (part.scale == 0)
		part.scale = 1;
	scratch_path(path, sizeof path, "claim_under_test.h5");
	return spk_observe(&what, 0, NULL, path, NULL, 0.95, 7, &figure, err);
}

static void check_part(struct spk_result_part part, size_t n, const double *want)
{
	struct spk_error err = {0};

	if (!CHECK(measure_part(part, &err) == SPK_OK))
		printf("# %s\n", err.text);
	CHECK(seen.n_first == n && seen.n_second == 0);
	for (size_t k = 0; k < n && k < seen.n_first; k++)
		CHECK_ABS(seen.first[k], want[k], 0, "copied");
}

#define PART(want, ...) check_part((struct spk_result_part){__VA_ARGS__}, sizeof(want) / sizeof *(want), want)

static void parts(void)
{
	char path[512];
	struct spk_result_filter by_id = {(char *)"/s/id", 1, 2}, late = {(char *)"/s/time", 25, 60};
	struct spk_result_filter both[] = {by_id, late};
	struct spk_result_range ranges[] = {{0, 0}, {2, 3}};
	double given[] = {5, 7};
	const double all[] = {10, 20, 30, 40, 50, 60}, filtered[] = {10, 30, 50, 60}, twice[] = {30, 50, 60};
	const double sorted[] = {20, 40, 30, 60, 10, 50}, first[] = {10}, last[] = {60}, last_sorted[] = {50};
	const double chosen[] = {10, 30, 40}, column[] = {1, 11, 21, 31, 41, 51}, row[] = {50, 51, 52};
	const double cell[] = {42}, scaled[] = {-2, -1}, share[] = {0.25}, shifted[] = {0, 20},
		     nothing[] = {0};
	const double zeros[] = {0, 0, 0, 0, 0, 0};

	write_file(path, sizeof path, 1);
	PART(all, .data = (char *)"/s/time");
	PART(filtered, .data = (char *)"/s/time", .n_filters = 1, .filters = &by_id);
	PART(twice, .data = (char *)"/s/time", .n_filters = 2, .filters = both);
	PART(sorted, .data = (char *)"/s/time", .by = (char *)"/s/id");
	PART(first, .data = (char *)"/s/time", .rows = SPK_ROWS_FIRST);
	PART(last, .data = (char *)"/s/time", .rows = SPK_ROWS_LAST);
	PART(last_sorted, .data = (char *)"/s/time", .by = (char *)"/s/id", .rows = SPK_ROWS_LAST);
	PART(chosen, .data = (char *)"/s/time", .rows = SPK_ROWS_CHOSEN, .n_ranges = 2, .ranges = ranges);
	PART(column, .data = (char *)"/deep/table", .one_column = 1, .column = 1);
	PART(row, .data = (char *)"/deep/table", .rows = SPK_ROWS_LAST);
	PART(cell, .data = (char *)"/deep/table", .one_column = 1, .column = 2, .rows = SPK_ROWS_CHOSEN,
		.n_ranges = 1, .ranges = &(struct spk_result_range){4, 4});
	PART(scaled, .n_values = 2, .values = given, .offset = 9, .scale = 0.5);
	PART(share, .data = (char *)"/deep", .attribute = (char *)"share");
	PART(shifted, .data = (char *)"/s/time", .offset = 10, .scale = 1, .rows = SPK_ROWS_CHOSEN,
		.n_ranges = 2, .ranges = (struct spk_result_range[]){{0, 0}, {2, 2}});
	PART(zeros, .data = (char *)"/s/time", .minus = (char *)"/s/time");
	check_part((struct spk_result_part){.data = (char *)"/deep/none"}, 0, nothing);
}

/* Items of a data set, and numbers of a file that is not the result. */
static void items_and_other_files(void)
{
	float pixels[8] = {0, 0.25F, 0.5F, 0.75F, 1, 0, 0.125F, 1};
	struct spk_range ranges[] = {{0, 0}, {2, 3}};
	struct spk_split split = {(char *)"test", {2, ranges}};
	const struct spk_dataset sets[] = {
		{.name = (char *)"other", .n_items = 1, .n_pixels = 1, .pixels = pixels},
		{.name = (char *)"d",
			.n_items = 4,
			.n_pixels = 2,
			.pixels = pixels,
			.n_splits = 1,
			.splits = &split}};
	const double all[] = {0, 0.25, 0.5, 0.75, 1, 0, 0.125, 1}, test[] = {0, 0.25, 1, 0, 0.125, 1};
	const double last[] = {0.125, 1}, column[] = {0.5, 0, 2}, other[] = {10, 20, 30, 40, 50, 60};
	char path[512], empty[512];
	struct spk_file *file = NULL;
	struct spk_error err;

	write_file(path, sizeof path, 1);
	scratch_path(empty, sizeof empty, "claim_of_nothing.h5");
	CHECK(spk_file_create(empty, NULL, &file, &err) == SPK_OK && spk_file_close(file, 1, &err) == SPK_OK);
	const struct {
		struct spk_result_part part;
		size_t n;
		const double *want;
	} cases[] = {{{.dataset = (char *)"d", .scale = 1}, 8, all},
		{{.dataset = (char *)"d", .split = (char *)"test", .scale = 1}, 6, test},
		{{.dataset = (char *)"d", .split = (char *)"test", .scale = 1, .rows = SPK_ROWS_LAST}, 2,
			last},
		{{.dataset = (char *)"d", .split = (char *)"test", .scale = 2, .one_column = 1, .column = 1},
			3, column},
		{{.data = (char *)"/s/time", .file = path, .scale = 1}, 6, other},
		{{.data = (char *)"/s/time", .before = 2, .scale = 1}, 6, other},
		{{.data = (char *)"/s/time", .before = 1, .scale = 1}, 0, NULL},
		{{.dataset = (char *)"e", .scale = 1}, 0, NULL},
		{{.dataset = (char *)"d", .split = (char *)"train", .scale = 1}, 0, NULL},
		{{.data = (char *)"/s/time", .scale = 1}, 0, NULL},
		{{.data = (char *)"/s/time", .file = (char *)"none.h5", .scale = 1}, 0, NULL}};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct spk_result_part part = cases[c].part;
		struct spk_result_series of[2] = {{1, &part}, {0, NULL}};
		const struct spk_observable what = {.measure = &spy_measure, .of = of};
		struct spk_estimate figure;
		const char *const before[] = {"none.h5", path};
		const int rc = spk_observe(&what, 2, sets, empty, before, 0.95, 7, &figure, &err);

		CHECK((rc == SPK_OK) == (cases[c].want != NULL));
		CHECK(rc != SPK_OK || seen.n_first == cases[c].n);
		for (size_t k = 0; rc == SPK_OK && k < cases[c].n; k++)
			CHECK(seen.first[k] == cases[c].want[k]);
	}
}

static void strung_together(void)
{
	struct spk_result_part two[] = {
		{.data = (char *)"/s/id", .scale = 10}, {.n_values = 1, .values = (double[]){3}, .scale = 1}};
	struct spk_result_part one = {.data = (char *)"/s/time", .scale = 1, .rows = SPK_ROWS_FIRST};
	struct spk_result_series of[2] = {{2, two}, {1, &one}};
	const struct spk_observable what = {.measure = &spy_measure, .of = of};
	struct spk_estimate figure = {0};
	struct spk_error err = {0};
	char path[512];

	write_file(path, sizeof path, 1);
	CHECK(spk_observe(&what, 0, NULL, path, NULL, 0.95, 99, &figure, &err) == SPK_OK);
	CHECK(seen.n_first == N + 1 && seen.n_second == 1);
	for (size_t k = 0; k < N; k++)
		CHECK_ABS(seen.first[k], 10 * (double)ids[k], 0, "whole numbers");
	CHECK_ABS(seen.first[N], 3.0, 0, "copied");
	CHECK_ABS(seen.second[0], 10.0, 0, "copied");
	CHECK_ABS(figure.value, 99.0, 0, "the seed reaches the measurement");
}

static void check_refused(struct spk_result_part part, const char *says)
{
	struct spk_error err = {0};

	CHECK(measure_part(part, &err) != SPK_OK);
	if (!CHECK(strstr(err.text, says) != NULL))
		printf("# got: %s\n#   wanted: %s\n", err.text, says);
}

#define REFUSED(says, ...) check_refused((struct spk_result_part){__VA_ARGS__}, says)

static void refused(void)
{
	struct spk_result_filter none = {(char *)"/s/id", 9, 9}, wide = {(char *)"/deep/table", 0, 1};
	char path[512];

	write_file(path, sizeof path, 1);
	REFUSED("no /deep/tabel; /deep has none, table, text", .data = (char *)"/deep/tabel");
	REFUSED("no /nowhere/at/all; / has deep, s", .data = (char *)"/nowhere/at/all");
	REFUSED("/deep/text is no data set of numbers", .data = (char *)"/deep/text");
	REFUSED("/s is no data set of numbers", .data = (char *)"/s");
	REFUSED("no number attribute shear", .data = (char *)"/deep", .attribute = (char *)"shear");
	REFUSED("has no /x", .data = (char *)"/x", .attribute = (char *)"share");
	REFUSED("no row of /s/time is left", .data = (char *)"/s/time", .n_filters = 1, .filters = &none,
		.rows = SPK_ROWS_LAST);
	REFUSED("/deep/table is no column of /s/time", .data = (char *)"/s/time", .n_filters = 1,
		.filters = &wide);
	REFUSED("row 6 of /s/time: there are 6", .data = (char *)"/s/time", .rows = SPK_ROWS_CHOSEN,
		.n_ranges = 1, .ranges = &(struct spk_result_range){5, 6});
	REFUSED("column 3 of /deep/table: there are 3", .data = (char *)"/deep/table", .one_column = 1,
		.column = 3);
	REFUSED("/s/time has 6 x 1 numbers, /deep/table 6 x 3", .data = (char *)"/s/time",
		.minus = (char *)"/deep/table");
	write_file(path, sizeof path, 0);
	REFUSED("is unfinished", .data = (char *)"/s/time");
	CHECK(remove(path) == 0);
	REFUSED("claim_under_test.h5", .data = (char *)"/s/time");
}

/* ---- Combining ---------------------------------------------------------------------------------- */

static struct spk_claim make_claim(size_t n_runs, size_t n_seeds)
{
	static struct spk_variant runs[] = {{"a", 1, 0, NULL}, {"b", 2, 0, NULL}, {"c", 4, 0, NULL}};
	static uint64_t seeds[] = {1, 2, 3};

	return (struct spk_claim){.n_runs = n_runs,
		.runs = runs,
		.n_seeds = n_seeds,
		.seeds = seeds,
		.confidence = 0.95,
		.at_least = -INFINITY,
		.at_most = INFINITY};
}

static void over_seeds(void)
{
	const struct spk_claim claim = make_claim(1, 3);
	const struct spk_estimate figures[] = {{1, NAN, NAN, 5}, {2, 1.9, 2.1, 5}, {6, NAN, NAN, 5}};
	struct spk_estimate seeds[3], all;
	struct spk_error err = {0};
	/* mean 3, sd sqrt(7); t(2, 0.975) = 4.30265272974946 from tables */
	const double half = 4.30265272974946 * sqrt(7.0 / 3.0);

	CHECK(spk_claim_combine(&claim, figures, seeds, &all, &err) == SPK_OK);
	CHECK_REL(all.value, 3.0, 1e-15, "one division");
	CHECK_REL(all.low, 3 - half, 1e-12, "digits of the table");
	CHECK_REL(all.high, 3 + half, 1e-12, "digits of the table");
	CHECK(all.n == 3);
	CHECK_ABS(seeds[1].value, 2.0, 0, "copied");
}

static void over_one_seed(void)
{
	const struct spk_claim claim = make_claim(1, 1);
	const struct spk_estimate own = {1, 0.5, 2, 9}, none = {1, NAN, NAN, 9}, odd = {NAN, 0, 1, 9};
	struct spk_estimate seed, all;
	struct spk_error err = {0};

	CHECK(spk_claim_combine(&claim, &own, &seed, &all, &err) == SPK_OK);
	CHECK(all.value == 1 && all.low == 0.5 && all.high == 2 && all.n == 9);
	CHECK(spk_claim_combine(&claim, &none, &seed, &all, &err) == SPK_E_INVALID);
	CHECK(strstr(err.text, "`seeds: 2` or more") != NULL);
	CHECK(spk_claim_combine(&claim, &odd, &seed, &all, &err) == SPK_E_INVALID);
	CHECK(strstr(err.text, "not finite") != NULL);
}

static void over_runs(void)
{
	struct spk_claim claim = make_claim(3, 2);
	/* y = 2 x + 1 and y = 4 x - 1 at x = 1, 2, 4 */
	const struct spk_estimate figures[] = {{3, NAN, NAN, 1}, {5, NAN, NAN, 1}, {9, NAN, NAN, 1},
		{3, NAN, NAN, 1}, {7, NAN, NAN, 1}, {15, NAN, NAN, 1}};
	struct spk_estimate seeds[2], all, zero[6] = {{0}};
	struct spk_error err = {0};

	claim.across = SPK_ACROSS_CHANGE;
	CHECK(spk_claim_combine(&claim, figures, seeds, &all, &err) == SPK_OK);
	CHECK(seeds[0].value == 6 && seeds[1].value == 12 && all.value == 9);
	claim.across = SPK_ACROSS_RATIO;
	CHECK(spk_claim_combine(&claim, figures, seeds, &all, &err) == SPK_OK);
	CHECK(seeds[0].value == 3 && seeds[1].value == 5 && all.value == 4);
	CHECK(spk_claim_combine(&claim, zero, seeds, &all, &err) == SPK_E_INVALID);
	claim.across = SPK_ACROSS_MEASURE;
	claim.across_measure = spk_find_measurement("slope");
	claim.across_params = (double[8]){0};
	CHECK(spk_claim_combine(&claim, figures, seeds, &all, &err) == SPK_OK);
	CHECK_REL(seeds[0].value, 2.0, 1e-14, "points on a line, rounding only");
	CHECK_REL(seeds[1].value, 4.0, 1e-14, "points on a line, rounding only");
	CHECK_REL(all.value, 3.0, 1e-14, "rounding only");
}

/* Every order of two bounds and an interval, judged from the definition on a fine grid of possible values. */
static enum spk_verdict judge_by_grid(double at_least, double at_most, double low, double high)
{
	int any_in = 0, any_out = 0;

	for (double v = low; v <= high; v += 0.25) {
		const int in = v >= at_least && v <= at_most;
		any_in |= in;
		any_out |= !in;
	}
	return any_in && any_out ? SPK_UNDECIDED : any_in ? SPK_HOLDS : SPK_FAILS;
}

static void verdicts(void)
{
	const double bounds[] = {-INFINITY, 1, 2, INFINITY};

	for (size_t a = 0; a < 3; a++)
		for (size_t b = a; b < 4; b++)
			for (double low = 0; low <= 3; low += 0.25)
				for (double high = low; high <= 3; high += 0.25) {
					struct spk_claim claim = make_claim(1, 1);
					const struct spk_estimate e = {low, low, high, 2};

					if (isinf(bounds[a]) && isinf(bounds[b]))
						continue;
					claim.at_least = bounds[a];
					claim.at_most = bounds[b];
					CHECK(spk_claim_judge(&claim, &e) ==
						judge_by_grid(bounds[a], bounds[b], low, high));
				}
	CHECK_STR(spk_verdict_word(SPK_HOLDS), "holds");
	CHECK_STR(spk_verdict_word(SPK_FAILS), "fails");
	CHECK_STR(spk_verdict_word(SPK_UNDECIDED), "undecided");
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static const char scenario[] =
	"spikem: 1\nseed: 4\nduration: 10 ms\npopulations:\n  a: {size: 4, model: lif_delta}\n"
	"  s: {size: 5, model: poisson, params: {rate: 10 Hz}}\n"
	"projections: [{from: s, to: a, connect: all_to_all, weight: 1 mV, delay: 1 ms}]\n"
	"claim:\n  statement: It is so\n  source: \"eq 1\"\n  measure: difference\n  params: {paired: "
	"\"on\"}\n"
	"  of:\n    a: /x/y\n"
	"    b: [{data: /x/z, where: {column: t, is: 2}, by: /q/r, rows: [0, 3-4], column: 1, minus: 3, "
	"scale: 2},\n"
	"      {values: [1, 2]}, /x@n]\n"
	"  expect: {at_least: 0.5}\n  seeds: 2\n"
	"  runs: {key: [\"projections[0].delay.axonal\", populations.s.params.rate], values: [1, 2]}\n"
	"  across: {measure: change}\n"
	"  quick: {seeds: [8], set: [duration=5 ms, \"claim.runs.values=[1, 3, 4]\"]}\n";

static void check_sets(const struct spk_claim *claim)
{
	CHECK(claim->n_runs == 2 && claim->runs[1].n_sets == 2);
	CHECK_STR(claim->runs[1].sets[0], "projections[0].delay.axonal=2");
	CHECK_STR(claim->runs[1].sets[1], "populations.s.params.rate=2");
	CHECK(claim->runs[0].x == 1 && claim->runs[1].x == 2);
	CHECK_STR(claim->runs[1].label, "2");
	CHECK(claim->n_quick == 3);
	CHECK_STR(claim->quick[0], "claim.seeds=[8]");
	CHECK_STR(claim->quick[1], "duration=5 ms");
	CHECK_STR(claim->quick[2], "claim.runs.values=[1, 3, 4]");
}

static void check_claim(const struct spk_scenario *loaded)
{
	const struct spk_claim *const claim = &loaded->claim;
	const struct spk_result_part *part;

	CHECK(claim->on && claim->what.measure == spk_find_measurement("difference") &&
		claim->what.params[0] == 1);
	CHECK_STR(claim->statement, "It is so");
	CHECK_STR(claim->source, "eq 1");
	CHECK(claim->what.of[0].n_parts == 1 && claim->what.of[1].n_parts == 3);
	CHECK_STR(claim->what.of[0].parts[0].data, "/x/y");
	CHECK(claim->what.of[0].parts[0].scale == 1 && claim->what.of[0].parts[0].rows == SPK_ROWS_ALL);
	part = &claim->what.of[1].parts[0];
	CHECK(part->n_filters == 1 && part->filters[0].lo == 2 && part->filters[0].hi == 2);
	CHECK_STR(part->filters[0].column, "/x/t");
	CHECK_STR(part->by, "/q/r");
	CHECK(part->rows == SPK_ROWS_CHOSEN && part->n_ranges == 2 && part->ranges[1].last == 4);
	CHECK(part->one_column && part->column == 1 && part->offset == 3 && part->scale == 2);
	CHECK(part->minus == NULL);
	CHECK(claim->what.of[1].parts[1].n_values == 2 && claim->what.of[1].parts[1].values[1] == 2);
	CHECK_STR(claim->what.of[1].parts[2].data, "/x");
	CHECK_STR(claim->what.of[1].parts[2].attribute, "n");
	CHECK(claim->at_least == 0.5 && isinf(claim->at_most) && claim->confidence == 0.95);
	CHECK(claim->n_seeds == 2 && claim->seeds[0] == 4 && claim->seeds[1] == 5);
	CHECK(claim->expected == SPK_HOLDS && claim->across == SPK_ACROSS_CHANGE);
	check_sets(claim);
}

static void reading(void)
{
	struct loaded loaded = load_text(scenario);

	if (!CHECK(loaded.rc == SPK_OK))
		printf("# %s\n", loaded.report);
	else
		check_claim(loaded.scenario);
	loaded_clear(&loaded);
}

/* Without data and builders; overrides reach the claim, and null takes it out. */
static void reading_alone(void)
{
	const struct spk_override quick = {"claim.runs.values=[0.1 ms, 2 ms, 1 s]"}, none = {"claim=null"};
	struct spk_scenario *loaded = NULL;
	struct spk_error err;
	char path[512], *report = NULL;

	scratch_path(path, sizeof path, "claim.yaml");
	write_scratch(path, scenario, sizeof scenario - 1);
	CHECK(spk_scenario_load_plan(path, 0, NULL, &loaded, &report, &err) == SPK_OK);
	if (!CHECK(loaded != NULL))
		return;
	check_claim(loaded);
	CHECK(loaded->n_populations == 0);
	spk_scenario_free(loaded);
	CHECK(spk_scenario_load_plan(path, 1, &quick, &loaded, &report, &err) == SPK_OK);
	CHECK(loaded->claim.n_runs == 3);
	CHECK_ABS(loaded->claim.runs[0].x, 0.1, 0, "base unit ms");
	CHECK_ABS(loaded->claim.runs[2].x, 1000.0, 0, "base unit ms");
	spk_scenario_free(loaded);
	CHECK(spk_scenario_load_plan(path, 1, &none, &loaded, &report, &err) == SPK_OK);
	CHECK(!loaded->claim.on);
	spk_scenario_free(loaded);
	CHECK(spk_scenario_load(path, 1, &none, &loaded, &report, &err) == SPK_OK);
	CHECK(!loaded->claim.on && strstr(loaded->used, "claim") == NULL && loaded->n_populations == 2);
	spk_scenario_free(loaded);
	free(report);
}

static void sets_of_runs(void)
{
	const struct spk_override as_sets = {"claim.runs={sets: [[], [duration=5 ms, seed=9]], x: [10, 20]}"},
				  words = {"claim.runs={key: title, values: [one, two]}"};
	struct spk_scenario *loaded = NULL;
	struct spk_error err;
	char path[512], *report = NULL;

	scratch_path(path, sizeof path, "claim.yaml");
	write_scratch(path, scenario, sizeof scenario - 1);
	CHECK(spk_scenario_load_plan(path, 1, &as_sets, &loaded, &report, &err) == SPK_OK);
	CHECK(loaded->claim.n_runs == 2 && loaded->claim.runs[0].n_sets == 0 &&
		loaded->claim.runs[1].n_sets == 2);
	CHECK_STR(loaded->claim.runs[1].sets[1], "seed=9");
	CHECK_STR(loaded->claim.runs[0].label, "as it is");
	CHECK_STR(loaded->claim.runs[1].label, "duration=5 ms, seed=9");
	CHECK(loaded->claim.runs[1].x == 20);
	spk_scenario_free(loaded);
	CHECK(spk_scenario_load_plan(path, 1, &words, &loaded, &report, &err) == SPK_OK);
	CHECK(loaded->claim.runs[0].x == 0 && loaded->claim.runs[1].x == 1);
	spk_scenario_free(loaded);
	free(report);
}

TEST_MAIN(TEST(parts), TEST(items_and_other_files), TEST(strung_together), TEST(refused), TEST(over_seeds),
	TEST(over_one_seed), TEST(over_runs), TEST(verdicts), TEST(reading), TEST(reading_alone),
	TEST(sets_of_runs))
