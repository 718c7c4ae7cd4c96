/* Selections of indices: `7`, `0-9`, `[0, 3, 5-7]`, `all`. */
#include "sim/schema.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One index at *p; 0 if there is none or it is too large. */
static int scan_index(const char **p, uint64_t *ret_index)
{
	const char *const start = *p;
	uint64_t index = 0;

	for (; isdigit((unsigned char)**p); (*p)++) {
		if (*p - start >= 18)
			return 0;
		index = index * 10 + (uint64_t)(**p - '0');
	}
	*ret_index = index;
	return *p > start;
}

static int read_range(
	struct spk_config *config, struct spk_node *node, uint64_t size, struct spk_range *ret_range)
{
	struct spk_range range;
	const char *p = node->text;

	if (!spk_expect_text(config, node, "an index such as `3` or a range such as `0-9`"))
		return 0;
	if (!scan_index(&p, &range.first))
		goto malformed;
	range.last = range.first;
	if (*p == '-') {
		p++;
		if (!scan_index(&p, &range.last))
			goto malformed;
	}
	if (*p != '\0' || range.last < range.first)
		goto malformed;
	if (range.last >= size) {
		if (size == 0)
			spk_config_error(config, node, NULL, "%s selects from nothing",
				spk_show_text(config, node->text));
		else
			spk_config_error(config, node, NULL, "%s is out of range: the last index is %llu",
				spk_show_text(config, node->text), (unsigned long long)size - 1);
		return 0;
	}
	*ret_range = range;
	return 1;
malformed:
	spk_config_error(config, node, "expected an index `3`, a range `0-9`, a list `[0, 3, 5-7]` or `all`",
		"%s is not a selection", spk_show_text(config, node->text));
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct spk_range *const x = a, *const y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Sort, and join ranges that touch or overlap. */
static void normalise(struct spk_selection *selection)
{
	size_t n = 0;

	qsort(selection->ranges, selection->n, sizeof *selection->ranges, compare_ranges);
	for (size_t k = 0; k < selection->n; k++) {
		const struct spk_range range = selection->ranges[k];

		if (n > 0 && range.first <= selection->ranges[n - 1].last + 1) {
			if (range.last > selection->ranges[n - 1].last)
				selection->ranges[n - 1].last = range.last;
		} else {
			selection->ranges[n++] = range;
		}
	}
	selection->n = n;
}

int spk_read_selection(struct spk_config *config, struct spk_node *node, uint64_t size,
	struct spk_arena *arena, struct spk_selection *ret_selection)
{
	const int is_list = node != NULL && node->kind == SPK_NODE_LIST;
	struct spk_selection selection = {0};

	if (node == NULL || node->bad)
		return 0;
	if (node->kind == SPK_NODE_TEXT && strcmp(node->text, "all") == 0) {
		*ret_selection = selection;
		return 1;
	}
	if (is_list && node->n == 0) {
		spk_config_error(config, node, NULL, "an empty list selects nothing");
		return 0;
	}
	selection.n = is_list ? node->n : 1;
	selection.ranges = spk_arena_alloc(arena, selection.n, sizeof *selection.ranges);
	if (selection.ranges == NULL) {
		(void)spk_config_fail(config, SPK_E_NOMEM);
		return 0;
	}
	if (!is_list && !read_range(config, node, size, selection.ranges))
		return 0;
	for (struct spk_node *child = node->first; child != NULL; child = child->next)
		if (!is_list || !read_range(config, child, size, &selection.ranges[child->index]))
			node->bad = 1;
	if (node->bad)
		return 0;
	normalise(&selection);
	*ret_selection = selection;
	return 1;
}
