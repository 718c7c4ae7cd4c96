/*
 * Wrong claims: each is answered at the very place of its mistake. In the texts `@` marks that place and is
 * taken out before loading, so the expected line and column do not come from the reader. Those that hold an
 * `@` of their own write it as `%`.
 */
#include "tests/unit/scenario_file.h"

#include <string.h>

struct wrong {
	const char *keys; /* of the claim, in place of those of a good one with the same names */
	const char *part; /* of the answer */
};

static const char beginning[] =
	"spikem: 1\nduration: 10 ms\npopulations:\n  a: {size: 4, model: lif_delta}\n"
	"  s: {size: 5, model: poisson, params: {rate: 10 Hz}}\n"
	"projections: [{from: s, to: a, connect: all_to_all, weight: 1 mV, delay: 1 ms}]\nclaim:\n";

static const struct {
	const char *name, *line;
} good[] = {
	{"statement:", "  statement: so\n"},
	{"source:", "  source: here\n"},
	{"measure:", "  measure: mean\n"},
	{"of:", "  of: {values: /x}\n"},
	{"expect:", "  expect: {at_least: 1}\n"},
};

/* The good keys that the wrong ones do not replace come first. "-NAME: " leaves a key out. */
static void compose(char *text, size_t size, const char *keys)
{
	size_t length = (size_t)snprintf(text, size, "%s", beginning);

	for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
		const char *const own = strstr(keys, good[k].name);

		if (own == NULL || (own > keys && own[-1] != ' ' && own[-1] != '@' && own[-1] != '-'))
			length += (size_t)snprintf(text + length, size - length, "%s", good[k].line);
	}
	if (*keys != '-')
		(void)snprintf(text + length, size - length, "%s", keys);
}

/* Remove the mark; its line and column. Without one the place is that of the claim's value. */
static void take_mark(char *text, int *ret_line, int *ret_column)
{
	char *const mark = strchr(text, '@');

	*ret_line = 8;
	*ret_column = 3;
	if (mark != NULL) {
		*ret_line = *ret_column = 1;
		for (const char *p = text; p < mark; p++) {
			++*ret_column;
			if (*p == '\n') {
				++*ret_line;
				*ret_column = 1;
			}
		}
		memmove(mark, mark + 1, strlen(mark));
	}
	for (char *own = strchr(text, '%'); own != NULL; own = strchr(own, '%'))
		*own = '@';
}

/* `part` of the answer at the mark of the text. */
static void check_place(char *text, const char *part)
{
	const char *const shown = text;
	char place[700];
	struct loaded loaded;
	int line, column;

	take_mark(text, &line, &column);
	loaded = load_text(text);
	(void)snprintf(place, sizeof place, "%s:%d:%d: error: ", loaded.path, line, column);
	CHECK(loaded.rc == SPK_E_SCENARIO && loaded.scenario == NULL);
	if (!CHECK(loaded.report != NULL && strncmp(loaded.report, place, strlen(place)) == 0) |
		!CHECK(loaded.report != NULL && strstr(loaded.report, part) != NULL))
		printf("# %s\n#   should be at %d:%d with: %s\n#   got: %s\n", shown, line, column, part,
			loaded.report != NULL ? loaded.report : "no report");
	loaded_clear(&loaded);
}

static void check_wrong(const struct wrong *wrong)
{
	char text[4096];

	compose(text, sizeof text, wrong->keys);
	check_place(text, wrong->part);
}

#define CHECK_ALL(list)                                                                                      \
	for (size_t k = 0; k < sizeof(list) / sizeof *(list); k++)                                           \
	check_wrong(&(list)[k])

static void the_good_one(void)
{
	char text[4096];
	struct loaded loaded;

	compose(text, sizeof text, "  seeds: 2\n");
	loaded = load_text(text);
	if (!CHECK(loaded.rc == SPK_OK && loaded.scenario->claim.on))
		printf("# %s\n", loaded.report);
	loaded_clear(&loaded);
}

static void top(void)
{
	static const struct wrong list[] = {
		{"-statement:", "`statement` is missing at claim"},
		{"-source:", "`source` is missing"},
		{"-measure:", "`measure` is missing"},
		{"-of:", "`of` is missing"},
		{"-expect:", "`expect` is missing"},
		{"  statement: @[]\n", "a text is expected"},
		{"  statement: @\"two\\nlines\"\n", "one line of text"},
		{"  source: @\"\"\n", "one line of text"},
		{"  @stetment: x\n", "did you mean `statement`?"},
		{"  measure: @meen\n", "did you mean `mean`?"},
		{"  params: {@x: 1}\n", "unknown key `x`"},
		{"  confidence: @1\n", "`confidence` must be"},
		{"  confidence: @95 Hz\n", "`confidence`"},
		{"  verdict: @undecided\n", "expected one of holds, fails"},
		{"  seeds: @0\n", "between 1 and"},
		{"  seeds: @[]\n", "a list of 1 to"},
		{"  seeds: [1, @1]\n", "listed twice"},
		{"  seeds: [1, @x]\n", "whole number"},
		{"  seeds: @{}\n", "whole number"},
	};

	CHECK_ALL(list);
}

static void expectations(void)
{
	static const struct wrong list[] = {
		{"  expect: @{}\n", "one of the alternatives is missing"},
		{"  expect: @1\n", "a mapping"},
		{"  expect: {at_least: 1, @at_most: 2}\n", "exclude each other"},
		{"  expect: {between: @[2, 1]}\n", "must not be larger"},
		{"  expect: {between: @[2]}\n", "a list of 2"},
		{"  expect: {at_least: @x}\n", "a plain number"},
		{"  expect: {@at_lest: 1}\n", "did you mean `at_least`?"},
	};

	CHECK_ALL(list);
}

static void inputs(void)
{
	static const struct wrong list[] = {
		{"  of: {@value: /x}\n", "did you mean `values`?"},
		{"  of: @{}\n", "`values` of the measurement mean is missing"},
		{"  of: {values: @x/y}\n", "begins with `/`"},
		{"  of: {values: @[]}\n", "an empty list"},
		{"  of: {values: @{}}\n", "one of the alternatives is missing"},
		{"  of: {values: {data: /x, @values: [1]}}\n", "exclude each other"},
		{"  of: {values: {@dota: /x}}\n", "did you mean `data`?"},
		{"  of: {values: @\"/x%\"}\n", "the attribute's name is missing"},
		{"  of: {values: {data: \"/x%n\", @rows: last}}\n",
			"`rows` belongs to data sets of files, not to an attribute"},
		{"  of: {values: {values: [1, 2], @by: t}}\n", "not to `values`"},
		{"  of: {values: {values: [1, 2], minus: @/y}}\n", "only a number"},
		{"  of: {values: {data: /x, minus: @y}}\n", "a number or a path"},
		{"  of: {values: {values: [1, 2], @file: a.h5}}\n", "`file` belongs to `data` only"},
		{"  of: {values: {data: /x, @split: test}}\n", "`split` belongs to `dataset` only"},
		{"  of: {values: {@by: t, dataset: d}}\n", "not to `dataset`"},
		{"  of: {values: {dataset: @d}}\n", "unknown data set `d`"},
		{"  of: {values: {data: /x, rows: @final}}\n", "final"},
		{"  of: {values: {data: /x, column: @-1}}\n", "`column`"},
		{"  of: {values: {data: /x, where: @{column: t}}}\n", "one of the alternatives is missing"},
		{"  of: {values: {data: /x, where: @{is: 1}}}\n", "`column` is missing"},
		{"  of: {values: {data: /x, where: {column: t, in: @[2, 1]}}}\n", "must not be larger"},
		{"  of: {values: {data: /x, where: {column: t, is: 1, @in: [1, 2]}}}\n",
			"exclude each other"},
	};

	CHECK_ALL(list);
}

#define ACROSS "  across: {measure: slope}\n"

static void runs(void)
{
	static const struct wrong list[] = {
		{"  @across: {measure: slope}\n", "`across` belongs to `runs` only"},
		{"  runs: {key: duration, values: [1 ms, 2 ms]}\n", "`across` is missing"},
		{ACROSS "  runs: @{key: duration}\n", "one of the alternatives is missing"},
		{ACROSS "  runs: @{values: [1, 2]}\n", "`key` is missing"},
		{ACROSS "  runs: {sets: [[], []], @key: duration}\n", "`key` belongs to `values` only"},
		{ACROSS "  runs: {key: duration, values: @[1 ms]}\n", "a list of 2 to"},
		{ACROSS "  runs: {key: duration, values: @3}\n", "a list of 2 to"},
		{ACROSS "  runs: {key: @durotion, values: [1 ms, 2 ms]}\n", "did you mean `duration`?"},
		{ACROSS "  runs: {key: @\"projections[1].weight\", values: [1, 2]}\n",
			"the scenario has no `[1]` in projections"},
		{ACROSS "  runs: {key: @\"projections[0].wait\", values: [1, 2]}\n",
			"no `wait` in projections[0]"},
		{ACROSS "  runs: {key: @\"projections[0\", values: [1, 2]}\n", "no `[0`"},
		{ACROSS "  runs: {key: @\"projections[x].weight\", values: [1, 2]}\n", "no `[x]`"},
		{ACROSS "  runs: {key: @\"projections[].weight\", values: [1, 2]}\n", "no `[]`"},
		{ACROSS "  runs: {key: @populations.b.size, values: [1, 2]}\n", "no `b` in populations"},
		{ACROSS "  runs: {key: @duration.x, values: [1, 2]}\n", "no `x` in duration"},
		{ACROSS "  runs: {key: [seed, @claim.seeds], values: [1, 2]}\n", "cannot change the claim"},
		{ACROSS "  runs: {sets: [[], [@seed]]}\n", "PATH=VALUE"},
		{ACROSS "  runs: {sets: [[], [@claim.seeds=1]]}\n", "cannot change the claim"},
		{ACROSS "  runs: {sets: [[], [@sed=1]]}\n", "did you mean `seed`?"},
		{ACROSS "  runs: {key: seed, values: [1, 2], x: @[1]}\n", "a list of 2"},
		{"  across: {measure: @slop}\n  runs: {key: seed, values: [1, 2]}\n",
			"did you mean `slope`?"},
		{"  across: {measure: @cosine}\n  runs: {key: seed, values: [1, 2]}\n",
			"`cosine` does not take the figures of runs"},
		{"  across: {measure: change, params: @{x: 1}}\n  runs: {key: seed, values: [1, 2]}\n",
			"change has no parameters"},
		{"  quick: {set: @seed}\n", "PATH=VALUE"},
		{"  quick: {set: [@durotion=1 ms]}\n", "did you mean `duration`?"},
		{"  quick: {seeds: @0}\n", "between 1 and"},
		{"  quick: {@seds: 0}\n", "did you mean `seeds`?"},
	};

	CHECK_ALL(list);
}

static void runs_before(void)
{
	static const struct wrong list[] = {
		{"  before: @{}\n", "a list `[{...}, ...]` of mappings"},
		{"  before: [@{scenario: a.yaml}]\n", "`name` is missing"},
		{"  before: [{name: a, @scenaro: b.yaml}]\n", "did you mean `scenario`?"},
		{"  before: [{name: @a b}]\n", "`a b`"},
		{"  before: [{name: a, scenario: @nowhere.yaml}]\n", "/nowhere.yaml: cannot open the file"},
		{"  before: [{name: a}, {name: @a}]\n", "two runs are called `a`"},
		{"  before: [{name: a, set: [@seed]}]\n", "an override is PATH=VALUE"},
		{"  before: [{name: a, set: [@claim.seeds=1]}]\n", "cannot change the claim"},
		{"  before: [{name: trained}, {name: b, set: [@\"x={traned}\"]}]\n",
			"did you mean `trained`?"},
		{"  before: [{name: a, set: [@\"x={b}\"]}, {name: b}]\n",
			"no run before this one is called `b`"},
		{"  set: [@\"x={a}\"]\n", "`before` has the runs that are made first"},
		{"  before: [{name: a}]\n  set: [\"x={y: {z: 1}}\", @\"x={a}{a}{b}\"]\n", "called `b`"},
		{"  before: [{name: a}]\n  of: {values: {data: /x, file: @\"{b}\"}}\n", "expected a"},
		{"  before: [{name: a}]\n  of: {values: {data: /x, file: @\"{a}.h5\"}}\n",
			"a file or {NAME}"},
	};

	CHECK_ALL(list);
}

/* A file without a network; `@` as above. */
static void a_claim_about_another_file(void)
{
#define ABOUT "spikem: 1\nscenario: other.yaml\n"
#define CLAIM                                                                                                \
	"claim:\n  {statement: s, source: s, measure: mean, of: {values: {dataset: d}}, expect: {at_least: " \
	"1}"
	static const struct {
		const char *text, *part;
	} list[] = {
		{ABOUT "@populations: {}\n" CLAIM "}\n", "`populations` has no place beside `scenario`"},
		{ABOUT "@duration: 1 s\n" CLAIM "}\n", "`duration` has no place beside `scenario`"},
		{ABOUT CLAIM ", quick: {set: [@duration=1 s]}}\n", "only the claim can be changed"},
		{"spikem: 1\nscenario: @nowhere.yaml\n" CLAIM "}\n", "/nowhere.yaml: cannot open the file"},
		{"spikem: 1\nduration: 1 s\npopulations: {}\n@scenario: other.yaml\n",
			"`scenario` belongs to `claim` only"},
	};
	static const char *const others[] = {
		"other.yaml", "b.yaml"}; /* they must be there, and are not read */

	for (size_t k = 0; k < 2; k++) {
		char path[512];

		scratch_path(path, sizeof path, others[k]);
		write_scratch(path, "", 0);
	}
	struct loaded loaded =
		load_text(ABOUT CLAIM ", set: [duration=1 s], before: [{name: a, set: [x=1]}, {name: b, "
				      "scenario: b.yaml, set: [\"y={a}\"]}],"
				      " quick: {seeds: 2, set: [\"claim.set[0]=duration=2 s\"]}}\n");

	if (CHECK(loaded.rc == SPK_OK)) {
		const struct spk_claim *const claim = &loaded.scenario->claim;

		CHECK(strstr(loaded.scenario->about, "/other.yaml") != NULL &&
			loaded.scenario->n_populations == 0);
		CHECK(claim->n_before == 2 && strcmp(claim->before[0].name, "a") == 0);
		CHECK(strcmp(claim->before[0].scenario, loaded.scenario->about) == 0);
		CHECK(strstr(claim->before[1].scenario, "/b.yaml") != NULL);
		CHECK(strcmp(claim->before[1].sets[0], "y={a}") == 0 && claim->n_sets == 1 &&
			claim->n_quick == 2);
	}
	loaded_clear(&loaded);
	for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
		char text[1024];

		(void)snprintf(text, sizeof text, "%s", list[k].text);
		check_place(text, list[k].part);
	}
}

TEST_MAIN(TEST(the_good_one), TEST(top), TEST(expectations), TEST(inputs), TEST(runs), TEST(runs_before),
	TEST(a_claim_about_another_file))
