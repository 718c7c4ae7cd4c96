/* The tree of a scenario file: places, refusals, overrides, nearest words, writing. */
#include "sim/config.h"

#include "tests/test.h"

#include <stdlib.h>

/* Parse a text into a fresh configuration. */
static int parse(struct spk_config *config, const char *text)
{
	const struct spk_place start = {0, 1, 1};

	*config = (struct spk_config){.file = "f.yaml", .text = (char *)text, .length = strlen(text)};
	return spk_config_parse(config, text, strlen(text), start, &config->root);
}

/* The report of a text that must be refused; free it. */
static char *refuse(const char *text)
{
	struct spk_config config;
	char *report;

	CHECK(parse(&config, text) != SPK_OK);
	report = spk_config_report(&config);
	CHECK(report != NULL);
	spk_config_clear(&config);
	return report;
}

static void check_refused(const char *text, const char *place, const char *part)
{
	char *const report = refuse(text);

	if (!CHECK(report != NULL && strncmp(report, place, strlen(place)) == 0 &&
		    strstr(report, part) != NULL))
		printf("#   %s\n", report);
	free(report);
}

static void nodes_know_their_places(void)
{
	struct spk_config config;
	const struct spk_node *a, *b;

	CHECK(parse(&config, "a: 1\nµb:\n") != SPK_OK); /* keys are plain words */
	spk_config_clear(&config);
	CHECK(parse(&config, "a: 1\nlist:\n  - {x: \"ü\", y: 2}\n  - z\n") == SPK_OK);
	a = spk_node_get(config.root, "a");
	b = spk_node_get(config.root, "list");
	CHECK(a->at.line == 1 && a->at.column == 4 && a->key_at.column == 1);
	CHECK(b->n == 2 && b->first->first->next->at.line == 3 && b->first->first->next->at.column == 17);
	CHECK_STR(spk_node_path(&config, b->first->last), "list[0].y");
	CHECK(b->first->first->quoted && !b->last->quoted);
	spk_config_clear(&config);
}

static void unsafe_yaml_is_refused(void)
{
	check_refused("a: &x 1\nb: *x\n", "f.yaml:1:4", "anchors and aliases");
	check_refused("a: *x\n", "f.yaml:1:4", "anchors and aliases");
	check_refused("a: !!int 3\n", "f.yaml:1:4", "tags");
	check_refused("a: 1\n---\nb: 2\n", "f.yaml:2:1", "second document");
	check_refused("a: 1\nb: 2\na: 3\n", "f.yaml:3:1", "duplicate key `a`");
	check_refused("{a: 1, [b]: 2}\n", "f.yaml:1:8", "cannot be a key");
	check_refused("a b: 1\n", "f.yaml:1:1", "cannot be a key");
	check_refused("<<: {a: 1}\n", "f.yaml:1:1", "cannot be a key");
	check_refused("a: \"x\\0y\"\n", "f.yaml:1:4", "NUL");
	check_refused("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "f.yaml:1:17", "16 levels");
	check_refused("", "f.yaml:1:1", "nothing is written");
	check_refused("# only a comment\n", "f.yaml:1:1", "nothing is written");
}

static void syntax_errors_have_places(void)
{
	check_refused("a:\n\tb: 1\n", "f.yaml:2:1", "tab");
	check_refused("a: {b: 1\nc: 2\n", "f.yaml:", "not YAML");
	check_refused("a: b: c\n", "f.yaml:1:5", "quotes");
	check_refused("a: \"x\n", "f.yaml:", "not YAML");
	check_refused("a: \xff\xfe\n", "f.yaml:", "UTF-8");
	check_refused("a: \x01\n", "f.yaml:", "control characters");
}

static void a_report_shows_line_and_caret(void)
{
	struct spk_config config;
	char *report;

	CHECK(parse(&config, "a: 1\n\tb: {ü: 1, c: [x, yes]}\n") != SPK_OK);
	spk_config_clear(&config);
	CHECK(parse(&config, "a: 1\nb: {s: \"ü\", c: [x, yes]}\n") == SPK_OK);
	spk_config_error(&config, spk_node_get(spk_node_get(config.root, "b"), "c")->last, "first\nsecond",
		"wrong %d", 7);
	report = spk_config_report(&config);
	CHECK_STR(report, "f.yaml:2:20: error: wrong 7 at b.c[1]\n"
			  "    2 | b: {s: \"ü\", c: [x, yes]}\n"
			  "      |                    ^\n"
			  "      = first\n"
			  "      = second\n");
	free(report);
	spk_config_clear(&config);
}

static void long_lines_are_cut_around_the_caret(void)
{
	struct spk_config config;
	char text[4000] = "a: [";
	char *report;
	size_t length;

	for (int k = 0; k < 900; k++)
		strcat(text, "12, ");
	strcat(text, "x]\n");
	CHECK(parse(&config, text) == SPK_OK);
	spk_config_error(&config, config.root->first->last, NULL, "wrong");
	report = spk_config_report(&config);
	length = strlen(report);
	CHECK(length < 300);
	/* the caret stands under the x */
	CHECK(strstr(report, "x]\n") != NULL && strchr(report, '^') != NULL);
	CHECK(strchr(report, '^') - strrchr(report, '|') == strstr(report, "x]\n") - strchr(report, '|'));
	free(report);
	spk_config_clear(&config);
}

static void at_most_twenty_mistakes_sorted(void)
{
	struct spk_config config;
	char text[2000] = "", *report, *last = NULL;
	int n = 0;

	for (int k = 0; k < 30; k++)
		strcat(text, "- x\n");
	CHECK(parse(&config, text) == SPK_OK);
	for (int pass = 0; pass < 2; pass++) /* the second mistake at a place is not told */
		for (struct spk_node *node = config.root->first; node != NULL; node = node->next)
			if (node->index % 2 == (size_t)pass)
				spk_config_error(&config, node, NULL, "wrong");
	for (struct spk_node *node = config.root->first; node != NULL; node = node->next)
		spk_config_error(&config, node, NULL, "wrong again");
	report = spk_config_report(&config);
	for (char *p = strstr(report, "f.yaml:"); p != NULL; p = strstr(p + 1, "f.yaml:")) {
		CHECK(last == NULL || atoi(p + 7) > atoi(last + 7));
		last = p;
		n++;
	}
	CHECK(n == SPK_MAX_DIAGNOSTICS);
	CHECK(strstr(report, "more mistakes") != NULL);
	free(report);
	spk_config_clear(&config);
}

static void nearest_words(void)
{
	static const char *const words[] = {"model", "size", "params", "at"};

	CHECK_STR(spk_nearest_word("modle", 4, words), "model"); /* a swap is one edit */
	CHECK_STR(spk_nearest_word("siz", 4, words), "size");
	CHECK_STR(spk_nearest_word("parrrams", 4, words), "params");
	CHECK(spk_nearest_word("parrrrams", 4, words) == NULL);
	CHECK(spk_nearest_word("xy", 4, words) == NULL);
	CHECK(spk_nearest_word("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
		      4, words) == NULL);
}

/* The tree as text after the overrides, or the report; free it. */
static char * override(const char *text, size_t n, const char *const *overrides)
{
	struct spk_config config;
	char *result;

	CHECK(parse(&config, text) == SPK_OK);
	config.overrides = overrides;
	config.n_overrides = n;
	spk_config_override(&config);
	result = config.n_diagnostics > 0 ? spk_config_report(&config) : spk_config_write(&config);
	spk_config_clear(&config);
	return result;
}

static void check_override(const char *set, const char *want)
{
	char *const got = override("a: {b: 1, c: [x, {d: 2}]}\ne: {f: 1}\n", 1, &set);

	if (!CHECK(got != NULL && strstr(got, want) != NULL))
		printf("#   %s gave %s\n", set, got);
	free(got);
}

static void overrides_edit_the_tree(void)
{
	check_override("a.b=2 ms", "b: 2 ms");
	check_override("a.c[1].d=[1, 2]", "d: [1, 2]");
	check_override("a.c[0]={z: 3}", "{z: 3}");
	check_override("a.new.deep=4", "deep: 4");
	check_override("e[0].f=5", "f: 5"); /* a single mapping may stand for a list */
	check_override("a=null", "e: {f: 1}");
	check_override("g=a=b", "g: \"a=b\"");
	check_override("a.c[2]=1", "--set:1:4: error: the list a.c has 2 elements");
	check_override("a.b.x=1", "--set:1:5: error: what stands before this is not a mapping");
	check_override("a.c.x=1", "--set:1:5: error");
	check_override("a[0]=1", "a: 1");
	check_override("a[1]=1", "--set:1:2: error: this is not a list");
	check_override("a.c[x]=1", "--set:1:4: error: a number is expected");
	check_override("a.c[1=1", "--set:1:4: error: a `]` is missing");
	check_override("a.b", "--set:1:1: error: a `=` is missing");
	check_override("=1", "--set:1:1: error: a key is expected");
	check_override("a..b=1", "--set:1:3: error: a key is expected");
	check_override("a.b={", "--set:1:6: error: not YAML");
	check_override("a.b=", "--set:1:5: error: nothing is written here");
}

static void a_written_tree_parses_to_the_same_text(void)
{
	static const char text[] = "a: {b: 'it''s', c: [x y, 1e3, \"no\", \"\\x85\\u2028\\t\", -1 mV]}\n"
				   "title: a, b\nempty: {}\nnothing: []\n\"on\": [[1, 2], [3]]\nd:\n  e:\n   "
				   " f:\n      - {g: 1}\n";
	struct spk_config config;
	char *once, *twice;

	CHECK(parse(&config, text) == SPK_OK);
	once = spk_config_write(&config);
	spk_config_clear(&config);
	CHECK(parse(&config, once) == SPK_OK);
	twice = spk_config_write(&config);
	CHECK_STR(twice, once);
	CHECK_STR(spk_node_get(spk_node_get(config.root, "a"), "b")->text, "it's");
	CHECK_STR(spk_node_get(spk_node_get(config.root, "a"), "c")->last->text, "-1 mV");
	CHECK_STR(spk_node_get(config.root, "title")->text, "a, b");
	CHECK(spk_node_get(config.root, "on")->n == 2);
	CHECK(spk_node_get(config.root, "nothing")->kind == SPK_NODE_LIST);
	spk_config_clear(&config);
	free(once);
	free(twice);
}

TEST_MAIN(TEST(nodes_know_their_places), TEST(unsafe_yaml_is_refused), TEST(syntax_errors_have_places),
	TEST(a_report_shows_line_and_caret), TEST(long_lines_are_cut_around_the_caret),
	TEST(at_most_twenty_mistakes_sorted), TEST(nearest_words), TEST(overrides_edit_the_tree),
	TEST(a_written_tree_parses_to_the_same_text))
