/* The tree of a scenario file. */
#include "sim/config.h"

#include <string.h>

enum { MAX_PATH_LEVELS = 32 };

void spk_config_clear(struct spk_config *config)
{
	spk_arena_clear(&config->arena);
	*config = (struct spk_config){.status = SPK_OK};
}

struct spk_node *spk_node_new(struct spk_config *config, enum spk_node_kind kind, const struct spk_node *like)
{
	struct spk_node *const node = spk_arena_alloc(&config->arena, 1, sizeof *node);

	if (node == NULL) {
		(void)spk_config_fail(config, SPK_E_NOMEM);
		return NULL;
	}
	node->kind = kind;
	if (like != NULL)
		node->at = node->key_at = like->at;
	return node;
}

struct spk_node *spk_node_new_text(struct spk_config *config, const struct spk_node *like, const char *text)
{
	struct spk_node *const node = spk_node_new(config, SPK_NODE_TEXT, like);

	if (node == NULL)
		return NULL;
	node->text = spk_arena_copy(&config->arena, text, strlen(text));
	if (node->text == NULL) {
		(void)spk_config_fail(config, SPK_E_NOMEM);
		return NULL;
	}
	return node;
}

void spk_node_append(struct spk_node *parent, const char *key, struct spk_node *child)
{
	child->parent = parent;
	child->next = NULL;
	child->key = (char *)key;
	child->index = parent->n++;
	if (parent->last != NULL)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

void spk_node_set(struct spk_node *map, const char *key, struct spk_node *child)
{
	child->key_at = child->at;
	spk_node_append(map, key, child);
}

/* The link that points to `node`. */
static struct spk_node **find_link(struct spk_node *node)
{
	struct spk_node **link = &node->parent->first;

	while (*link != node)
		link = &(*link)->next;
	return link;
}

void spk_node_replace(struct spk_node *old, struct spk_node *fresh)
{
	struct spk_node *const parent = old->parent;

	fresh->parent = parent;
	fresh->key = old->key;
	fresh->key_at = old->key_at;
	fresh->next = old->next;
	fresh->index = old->index;
	if (parent == NULL)
		return;
	*find_link(old) = fresh;
	if (parent->last == old)
		parent->last = fresh;
}

void spk_node_remove(struct spk_node *node)
{
	struct spk_node *const parent = node->parent;

	*find_link(node) = node->next;
	parent->n--;
	parent->last = NULL;
	for (struct spk_node *child = parent->first; child != NULL; child = child->next) {
		if (parent->last != NULL)
			child->index = parent->last->index + 1;
		else
			child->index = 0;
		parent->last = child;
	}
}

/* The parser bounds the depth, so recursion is safe. */
struct spk_node *spk_node_copy(struct spk_config *config, const struct spk_node *node)
{
	struct spk_node *const copy = spk_node_new(config, node->kind, node);

	if (copy == NULL)
		return NULL;
	copy->quoted = node->quoted;
	copy->bad = node->bad;
	copy->text = node->text;
	for (const struct spk_node *child = node->first; child != NULL; child = child->next) {
		struct spk_node *const twin = spk_node_copy(config, child);

		if (twin == NULL)
			return NULL;
		spk_node_append(copy, child->key, twin);
		twin->key_at = child->key_at;
	}
	return copy;
}

struct spk_node *spk_node_get(const struct spk_node *map, const char *key)
{
	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return NULL;
	for (struct spk_node *child = map->first; child != NULL; child = child->next)
		if (strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

const char *spk_node_path(struct spk_config *config, const struct spk_node *node)
{
	const struct spk_node *chain[MAX_PATH_LEVELS];
	const char *path = "";
	size_t n = 0;

	for (; node != NULL && node->parent != NULL && n < MAX_PATH_LEVELS; node = node->parent)
		chain[n++] = node;
	if (n == 0)
		return "the top level";
	while (n-- > 0 && path != NULL) {
		if (chain[n]->key == NULL)
			path = spk_arena_format(&config->arena, "%s[%zu]", path, chain[n]->index);
		else
			path = spk_arena_format(
				&config->arena, "%s%s%.64s", path, *path ? "." : "", chain[n]->key);
	}
	return path != NULL ? path : "?";
}
