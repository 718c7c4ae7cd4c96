/**
 * Wrong scenarios, each of which must be answered at the very place of its mistake. In the texts `@` marks
 * that place and is taken out before loading, so the expected line and column do not come from the reader.
 */
#ifndef SPIKEM_TESTS_SCENARIO_WRONG_H
#define SPIKEM_TESTS_SCENARIO_WRONG_H

#include "tests/unit/scenario_file.h"

struct wrong {
	const char *text; /* after a common beginning */
	const char *part; /* of the answer */
};

/** Remove the mark; its line and column. */
static inline void take_mark(char *text, int *ret_line, int *ret_column)
{
	char *const mark = strchr(text, '@');

	*ret_line = *ret_column = 1;
	for (const char *p = text; p < mark; p++) {
		*ret_column += ((unsigned char)*p & 0xc0) != 0x80;
		if (*p == '\n') {
			++*ret_line;
			*ret_column = 1;
		}
	}
	memmove(mark, mark + 1, strlen(mark));
}

/** The first mistake reported is the one marked. */
static inline void check_wrong_after(const char *beginning, const struct wrong *wrong)
{
	char text[4096], place[700];
	struct loaded loaded;
	int line, column;

	(void)snprintf(text, sizeof text, "%s%s", beginning, wrong->text);
	take_mark(text, &line, &column);
	loaded = load_text(text);
	(void)snprintf(place, sizeof place, "%s:%d:%d: error: ", loaded.path, line, column);
	CHECK(loaded.rc != SPK_OK && loaded.scenario == NULL && loaded.err.text[0] != '\0');
	if (!CHECK(loaded.report != NULL && strncmp(loaded.report, place, strlen(place)) == 0) |
		!CHECK(loaded.report != NULL && strstr(loaded.report, wrong->part) != NULL))
		printf("# %s\n#   should be at %d:%d with: %s\n#   got: %s\n", wrong->text, line, column,
			wrong->part, loaded.report != NULL ? loaded.report : "no report");
	loaded_clear(&loaded);
}

/** A scenario with sources, neurons and data (write_images) that `rest` adds to. */
#define LEARN(rest)                                                                                          \
	"spikem: 1\ndata: {d: {file: images.csv, shape: [2, 3], range: [0, 16], "                            \
	"labels: 3, splits: "                                                                                \
	"{t: 0-1}}}\npopulations: {p: {size: 6, model: poisson, params: {rate: 1 Hz}}, e: {size: 3, model: " \
	"regular, params: {rate: 1 Hz}}, o: {size: 3, model: "                                               \
	"lif_delta}, x: {size: "                                                                             \
	"2, model: "                                                                                         \
	"lif_delta}}\nprojections: [{from: p, to: o, connect: all_to_all, weight: 1 mV, delay: 1 ms}, "      \
	"{from: p, to: x, "                                                                                  \
	"connect: all_to_all, weight: 1 mV, delay: 1 ms}]\n" rest

/** The data of LEARN. */
static inline void write_images(void)
{
	char path[512];

	scratch_path(path, sizeof path, "images.csv");
	write_scratch(path, "0,8,16,0,8,16,0\n16,16,16,0,0,0,1\n1,2,3,4,5,6,2\n", 46);
}

#endif
