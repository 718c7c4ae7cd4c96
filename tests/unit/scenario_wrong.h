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

#endif
