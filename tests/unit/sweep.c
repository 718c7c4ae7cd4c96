/* Sweeps: which runs a block makes, in which order, and mistakes answered at their places. */
#include "tests/unit/scenario_file.h"

#include <string.h>

static const char beginning[] =
	"spikem: 1\nseed: 4\nduration: 10 ms\npopulations:\n  a: {size: 4, model: lif_delta}\n"
	"  s: {size: 5, model: poisson, params: {rate: 10 Hz}}\n"
	"projections: [{from: s, to: a, connect: all_to_all, weight: 1 mV, delay: 1 ms}]\nsweep:\n";

static struct loaded load_sweep(const char *keys)
{
	static char text[8192];

	(void)snprintf(text, sizeof text, "%s%s", beginning, keys);
	return load_text(text);
}

/* All overrides of a run, with blanks between. */
static const char *sets_of(const struct spk_sweep *sweep, size_t run)
{
	static char text[512];

	text[0] = '\0';
	for (size_t k = 0; k < sweep->runs[run].n_sets; k++) {
		const size_t length = strlen(text);

		(void)snprintf(text + length, sizeof text - length, "%s%s", k > 0 ? " | " : "",
			sweep->runs[run].sets[k]);
	}
	return text;
}

/* ---- Runs --------------------------------------------------------------------------------------- */

static void grid(void)
{
	struct loaded loaded =
		load_sweep("  grid:\n    \"projections[0].weight\": [1 mV, 0.002 V]\n"
			   "    n: {key: [populations.a.size, populations.s.size], values: [1, 2, 3], "
			   "x: [10, 20, 30]}\n    title: [one]\n  seeds: 2\n");
	const struct spk_sweep *const sweep = loaded.scenario != NULL ? &loaded.scenario->sweep : NULL;

	if (!CHECK(loaded.rc == SPK_OK && sweep->on))
		return;
	CHECK(sweep->n_runs == 6 && sweep->n_axes == 3);
	CHECK(sweep->n_seeds == 2 && sweep->seeds[0] == 4 && sweep->seeds[1] == 5);
	CHECK_STR(sets_of(sweep, 0),
		"projections[0].weight=1 mV | populations.a.size=1 | populations.s.size=1 | title=one");
	CHECK_STR(sets_of(sweep, 1),
		"projections[0].weight=1 mV | populations.a.size=2 | populations.s.size=2 | title=one");
	CHECK_STR(sets_of(sweep, 3),
		"projections[0].weight=0.002 V | populations.a.size=1 | populations.s.size=1 | title=one");
	CHECK_STR(sweep->axes[0].name, "projections[0].weight");
	CHECK_STR(sweep->axes[0].key, "projections[0].weight");
	CHECK_ABS(sweep->axes[0].values[1].x, 2, 0, "base unit mV");
	CHECK_STR(sweep->axes[1].key, "populations.a.size, populations.s.size");
	CHECK(sweep->axes[1].values[2].x == 30 && sweep->axes[1].is_number);
	CHECK(!sweep->axes[2].is_number && sweep->axes[2].values[0].x == 0);
	CHECK(sweep->at[5 * 3] == 1 && sweep->at[5 * 3 + 1] == 2 && sweep->at[5 * 3 + 2] == 0);
	loaded_clear(&loaded);
}

static void zip_and_list(void)
{
	struct loaded loaded =
		load_sweep("  grid: {duration: [5 ms, 6 ms]}\n  zip: {populations.a.size: [1, 2, 3], start: "
			   "[7 ms, 8 ms, 9 ms]}\n"
			   "  list: [[], [populations.s.size=2, title=x]]\n  seeds: [9, 3, 7]\n");
	const struct spk_sweep *const sweep = loaded.scenario != NULL ? &loaded.scenario->sweep : NULL;

	if (!CHECK(loaded.rc == SPK_OK))
		return;
	CHECK(sweep->n_runs == 12 && sweep->n_axes == 4 && sweep->n_seeds == 3 && sweep->seeds[1] == 3);
	CHECK_STR(sets_of(sweep, 0), "duration=5 ms | populations.a.size=1 | start=7 ms");
	CHECK_STR(sets_of(sweep, 1),
		"duration=5 ms | populations.a.size=1 | start=7 ms | populations.s.size=2 | title=x");
	CHECK_STR(sets_of(sweep, 4), "duration=5 ms | populations.a.size=3 | start=9 ms");
	CHECK_STR(sets_of(sweep, 6), "duration=6 ms | populations.a.size=1 | start=7 ms");
	CHECK_STR(sweep->axes[3].name, "set");
	CHECK_STR(sweep->axes[3].values[0].label, "as it is");
	loaded_clear(&loaded);
}

static void only_seeds(void)
{
	struct loaded loaded = load_sweep("  seeds: 3\n  collect: {m: {measure: mean, of: {values: /x}}}\n");
	const struct spk_sweep *const sweep = loaded.scenario != NULL ? &loaded.scenario->sweep : NULL;

	if (!CHECK(loaded.rc == SPK_OK))
		return;
	CHECK(sweep->n_runs == 1 && sweep->n_axes == 0 && sweep->n_seeds == 3);
	CHECK(sweep->runs[0].n_sets == 0 && sweep->confidence == 0.95);
	CHECK(sweep->n_collected == 1 && sweep->collected[0].what.measure == spk_find_measurement("mean"));
	CHECK_STR(sweep->collected[0].name, "m");
	CHECK_STR(sweep->collected[0].what.of[0].parts[0].data, "/x");
	loaded_clear(&loaded);
}

/* The scenario as used is one that can be read, and gives the same sweep. */
static void used(void)
{
	struct loaded loaded = load_sweep("  grid: {\"projections[0].weight\": [1 mV, 2 mV]}\n"), again;

	if (!CHECK(loaded.rc == SPK_OK))
		return;
	again = load_text(loaded.scenario->used);
	if (CHECK(again.rc == SPK_OK)) {
		CHECK_STR(again.scenario->used, loaded.scenario->used);
		CHECK_STR(sets_of(&again.scenario->sweep, 1), "projections[0].weight=2 mV");
	}
	loaded_clear(&again);
	loaded_clear(&loaded);
}

/* ---- Mistakes ----------------------------------------------------------------------------------- */

/* `@` marks the place and is taken out. */
static void check_wrong(const char *keys, const char *part)
{
	char text[4096], place[700], *mark;
	struct loaded loaded;
	int line = 1, column = 1;

	(void)snprintf(text, sizeof text, "%s%s", beginning, keys);
	mark = strchr(text, '@');
	for (const char *p = text; p < mark; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	memmove(mark, mark + 1, strlen(mark));
	loaded = load_text(text);
	(void)snprintf(place, sizeof place, "%s:%d:%d: error: ", loaded.path, line, column);
	if (!CHECK(loaded.rc == SPK_E_SCENARIO) ||
		!CHECK(strncmp(loaded.report, place, strlen(place)) == 0) ||
		!CHECK(strstr(loaded.report, part) != NULL))
		printf("# %s# should be at %d:%d with: %s\n# got: %s\n", keys, line, column, part,
			loaded.report != NULL ? loaded.report : "");
	loaded_clear(&loaded);
}

static void wrong_keys(void)
{
	check_wrong("  grid: {@populations.a.sise: [1]}\n", "did you mean `size`?");
	check_wrong(
		"  grid: {@\"projections[1].weight\": [1 mV]}\n", "the scenario has no `[1]` in projections");
	check_wrong("  grid: {n: {key: @population.a.size, values: [1]}}\n", "did you mean `populations`?");
	check_wrong("  grid: {n: {key: [title, @titel], values: [1]}}\n", "did you mean `title`?");
	check_wrong("  zip: {@seed: [1, 2]}\n", "the seed is swept by `seeds`");
	check_wrong("  grid: {@sweep.seeds: [1, 2]}\n", "a run cannot change the sweep that it is for");
	check_wrong("  list: [[@\"sweep.seeds=3\"]]\n", "a run cannot change the sweep that it is for");
	check_wrong("  list: [[], [@popul.a.size=3]]\n", "the scenario has no `popul`");
	check_wrong("  list: [[@title]]\n", "an override is PATH=VALUE");
	check_wrong("  grid: {title: [a]}\n  zip: {@title: [b]}\n", "`title` is swept twice");
	check_wrong(
		"  grid: {@task: {key: title, values: [a]}}\n", "`task` is a column of the table already");
	check_wrong("  grid: {title: [a]}\n  collect: {@title: {measure: mean, of: {values: /x}}}\n",
		"swept twice");
	check_wrong("  @gird: {title: [a]}\n", "did you mean `grid`?");
}

static void wrong_values(void)
{
	check_wrong("  grid: {title: @[]}\n", "a list of 1 to 10000 values is expected");
	check_wrong("  grid: {title: @x}\n", "a mapping `{key: value, ...}` is expected");
	check_wrong("  grid: @{}\n", "nothing is swept");
	check_wrong("  grid: {n: {key: title, values: [a, b], x: @[1]}}\n", "2");
	check_wrong("  zip: @{title: [a, b], start: [1 ms]}\n", "`title` has 2 values and `start` 1");
	check_wrong("  seeds: @0\n", "1");
	check_wrong("  seeds: [1, @1]\n", "listed twice");
	check_wrong("  collect: {m: {measure: @meen, of: {values: /x}}}\n", "did you mean `mean`?");
	check_wrong("  collect: {m: {measure: mean, of: {@value: /x}}}\n", "did you mean `values`?");
	check_wrong("  collect: {@a.b: {measure: mean, of: {values: /x}}}\n", "a name has letters, digits");
	check_wrong("  collect: {m: {measure: mean, of: {values: @x}}}\n", "begins with `/`");
}

/* 10000 x 11 runs. */
static void too_many(void)
{
	static char text[30000];
	size_t length = (size_t)snprintf(text, sizeof text, "%s  grid: {title: [1", beginning);
	struct loaded loaded;

	for (int k = 1; k < 10000; k++)
		length += (size_t)snprintf(text + length, sizeof text - length, ",1");
	(void)snprintf(text + length, sizeof text - length,
		"], populations.a.size: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}\n");
	loaded = load_text(text);
	CHECK(loaded.rc == SPK_E_SCENARIO && strstr(loaded.report, "more than 100000 combinations") != NULL);
	loaded_clear(&loaded);
}

TEST_MAIN(TEST(grid), TEST(zip_and_list), TEST(only_seeds), TEST(used), TEST(wrong_keys), TEST(wrong_values),
	TEST(too_many))
