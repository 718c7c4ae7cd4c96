/* `--set path=value`: edits of the tree before it is checked. */
#include "sim/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 12 };

/* One override on its way through the tree. */
struct walk {
	struct spk_config *config;
	const char *text, *p, *equals, *segment; /* segment: begin of the last key or index */
	unsigned origin;
	struct spk_node *node;
};

static int columns(const char *text, const char *end)
{
	int n = 0;

	for (; text < end; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static struct spk_place place_of(const struct walk *walk, const char *p)
{
	return (struct spk_place){walk->origin, 1, columns(walk->text, p) + 1};
}

static int complain(const struct walk *walk, const char *p, const char *what)
{
	spk_config_error_at(walk->config, place_of(walk, p),
		"an override is PATH=VALUE, such as `projections[0].delay=1 ms`", "%s", what);
	return -1;
}

/* `[k]`: element of a list; [0] of a single value that stands for a list is that value. */
static int step_into_list(struct walk *walk)
{
	const char *const start = walk->p;
	struct spk_node *child;
	char *end;
	unsigned long k;

	if (!isdigit((unsigned char)start[1]))
		return complain(walk, start, "a number is expected in brackets");
	k = strtoul(start + 1, &end, 10);
	if (*end != ']')
		return complain(walk, start, "a `]` is missing");
	walk->p = end + 1;
	walk->segment = start;
	if (walk->node->kind != SPK_NODE_LIST)
		return k == 0 && walk->node->kind == SPK_NODE_MAP
			       ? 0
			       : complain(walk, start, "this is not a list");
	for (child = walk->node->first; child != NULL && child->index != k; child = child->next)
		;
	if (child == NULL) {
		spk_config_error_at(walk->config, place_of(walk, start), NULL,
			"the list %s has %zu element%s", spk_node_path(walk->config, walk->node),
			walk->node->n, walk->node->n == 1 ? "" : "s");
		return -1;
	}
	walk->node = child;
	return 0;
}

/* A key; one that the mapping lacks is created, as a mapping if the path goes on. */
static int step_into_map(struct walk *walk)
{
	const char *const start = walk->p;
	const size_t length = strcspn(start, ".[=");
	struct spk_node *child;
	char *key;

	if (length == 0 || length > 64)
		return complain(walk, start, "a key is expected");
	if (walk->node->kind != SPK_NODE_MAP)
		return complain(walk, start, "what stands before this is not a mapping");
	key = spk_arena_copy(&walk->config->arena, start, length);
	if (key == NULL)
		return spk_config_fail(walk->config, SPK_E_NOMEM);
	walk->p = start + length;
	walk->segment = start;
	child = spk_node_get(walk->node, key);
	if (child == NULL) {
		child = spk_node_new(walk->config, SPK_NODE_MAP, NULL);
		if (child == NULL)
			return -1;
		spk_node_append(walk->node, key, child);
		child->at = child->key_at = place_of(walk, start);
	}
	walk->node = child;
	return 0;
}

static int find_target(struct walk *walk)
{
	int rc = step_into_map(walk);

	for (int level = 1; rc == 0 && walk->p < walk->equals; level++) {
		if (level >= MAX_LEVELS) {
			rc = complain(walk, walk->p, "the path is too deep");
		} else if (*walk->p == '[') {
			rc = step_into_list(walk);
		} else if (*walk->p == '.') {
			walk->p++;
			rc = step_into_map(walk);
		} else {
			rc = complain(walk, walk->p, "`.`, `[` or `=` is expected");
		}
	}
	return rc;
}

static void apply(struct spk_config *config, size_t k)
{
	const char *const text = config->overrides[k];
	struct walk walk = {.config = config, .text = text, .p = text, .origin = (unsigned)k + 1};
	struct spk_node *value;

	walk.equals = strchr(text, '=');
	walk.node = config->root;
	if (walk.equals == NULL) {
		(void)complain(&walk, text, "a `=` is missing");
		return;
	}
	if (find_target(&walk) != 0 || walk.node == config->root)
		return;
	if (spk_config_parse(config, walk.equals + 1, strlen(walk.equals + 1),
		    place_of(&walk, walk.equals + 1), &value) != SPK_OK)
		return;
	if (value->kind == SPK_NODE_TEXT && !value->quoted &&
		(strcmp(value->text, "null") == 0 || strcmp(value->text, "~") == 0)) {
		spk_node_remove(walk.node);
		return;
	}
	spk_node_replace(walk.node, value);
	value->key_at = place_of(&walk, walk.segment);
}

void spk_config_override(struct spk_config *config)
{
	for (size_t k = 0; k < config->n_overrides && config->root != NULL; k++)
		apply(config, k);
}
