/* A tree against the table of keys: unknown keys, missing keys, wrong values; defaults and canonical forms.
 */
#include "sim/schema_leaf.h"

#include <string.h>

enum { MAX_WORDS = 64 };

static void check_shape(struct spk_config *config, struct spk_node *map, const struct spk_shape *shape);

/* ---- Checks, one for each kind ------------------------------------------------------------------ */

static int expect_map(struct spk_config *config, struct spk_node *node)
{
	if (node->bad)
		return 0;
	if (node->kind != SPK_NODE_MAP)
		spk_config_error(config, node, NULL, "a mapping `{key: value, ...}` is expected");
	return node->kind == SPK_NODE_MAP;
}

/* Keys that the scenario's author chose. */
static void check_name(struct spk_config *config, struct spk_node *member)
{
	if (spk_is_reserved(member->key))
		spk_config_key_error(config, member, NULL,
			"`%s` cannot be a name: it has a meaning of its own", member->key);
	else if (strpbrk(member->key, ".[]") != NULL)
		spk_config_key_error(config, member, NULL, "a name has letters, digits, `_` and `-`, not %s",
			spk_show_text(config, member->key));
}

static void check_selections(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (!expect_map(config, node))
		return;
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		check_name(config, child);
		spk_check_leaf(config, child, key);
	}
}

static void check_map(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (expect_map(config, node) && key->shape != NULL)
		check_shape(config, node, key->shape);
}

static void check_maps(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind != SPK_NODE_LIST) {
		spk_config_error(config, node, NULL, "a list `[{...}, ...]` of mappings is expected");
		return;
	}
	for (struct spk_node *child = node->first; child != NULL; child = child->next)
		check_map(config, child, key);
}

static void check_named_maps(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (!expect_map(config, node))
		return;
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		check_name(config, child);
		check_map(config, child, key);
	}
}

/* Put `node` into a fresh collection at its place and return that; NULL when out of memory. */
static struct spk_node *wrap(
	struct spk_config *config, struct spk_node *node, enum spk_node_kind kind, const char *key)
{
	struct spk_node *const outer = spk_node_new(config, kind, node);

	if (outer == NULL)
		return NULL;
	spk_node_replace(node, outer);
	spk_node_append(outer, key, node);
	return outer;
}

static void check_one_or_maps(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind != SPK_NODE_LIST)
		node = wrap(config, node, SPK_NODE_LIST, NULL);
	if (node != NULL)
		check_maps(config, node, key);
}

/* `NAME: TEXT` is short for NAME: [{KEY: TEXT}], KEY the first key of the shape. */
static void check_series(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	struct spk_node *next, *next_part;

	if (!expect_map(config, node))
		return;
	for (struct spk_node *child = node->first; child != NULL; child = next) {
		next = child->next;
		if (child->kind != SPK_NODE_LIST)
			child = wrap(config, child, SPK_NODE_LIST, NULL);
		for (struct spk_node *part = child != NULL ? child->first : NULL; part != NULL;
			part = next_part) {
			next_part = part->next;
			if (part->kind == SPK_NODE_TEXT)
				(void)wrap(config, part, SPK_NODE_MAP, key->shape->keys[0].name);
		}
		if (child != NULL)
			check_maps(config, child, key);
	}
}

/* `PATH: [VALUE, ...]` is short for PATH: {key: PATH, values: [VALUE, ...]}. */
static void check_axes(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	struct spk_node *next;

	if (!expect_map(config, node))
		return;
	for (struct spk_node *child = node->first; child != NULL; child = next) {
		struct spk_node *path;

		next = child->next;
		if (child->kind == SPK_NODE_LIST) {
			path = spk_node_new_text(config, child, child->key);
			child = wrap(config, child, SPK_NODE_MAP, "values");
			if (child == NULL || path == NULL)
				return;
			path->at = child->key_at;
			spk_node_set(child, "key", path);
		}
		check_map(config, child, key);
	}
}

/* `delay: VALUE` is short for {axonal: VALUE}. */
static void check_delay(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (spk_node_get(node, "axonal") == NULL && spk_node_get(node, "dendritic") == NULL)
		node = wrap(config, node, SPK_NODE_MAP, "axonal");
	if (node != NULL)
		check_map(config, node, key);
}

/* `connect: all_to_all` is short for {all_to_all: true}. */
static void check_connect(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	static const char *const words[] = {"all_to_all", "one_to_one"};
	struct spk_node *map, *flag;
	size_t k;

	if (node->kind != SPK_NODE_TEXT) {
		check_map(config, node, key);
		return;
	}
	if (!spk_read_word(config, node, 2, words, &k))
		return;
	map = spk_node_new(config, SPK_NODE_MAP, node);
	flag = spk_node_new_text(config, node, "true");
	if (map == NULL || flag == NULL)
		return;
	spk_node_set(map, words[k], flag);
	spk_node_replace(node, map);
	check_map(config, map, key);
}

/* `show: NAMES` is short for {NAME: image, ...}. */
static void check_show(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	static const struct spk_key names = {.name = "show", .kind = SPK_WANT_NAMES};
	struct spk_node *map, *name;

	if (node->kind == SPK_NODE_MAP) {
		for (struct spk_node *child = node->first; child != NULL; child = child->next)
			spk_check_leaf(config, child, key);
		return;
	}
	spk_check_leaf(config, node, &names);
	if (node->bad)
		return;
	map = spk_node_new(config, SPK_NODE_MAP, node);
	name = node->kind == SPK_NODE_LIST ? node->first : node;
	for (; map != NULL && name != NULL; name = name == node ? NULL : name->next) {
		struct spk_node *const what = spk_node_new_text(config, name, key->words[0]);

		if (what == NULL)
			return;
		spk_node_set(map, name->text, what);
	}
	if (map != NULL)
		spk_node_replace(node, map);
}

/* Rows of an inline list are checked where they are read. */
static void check_edges(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind != SPK_NODE_LIST)
		check_map(config, node, key);
}

/* Values from a file, or an attempt at them. */
static int names_file(const struct spk_node *node)
{
	return spk_node_get(node, "file") != NULL || spk_node_get(node, "path") != NULL;
}

/* Parameters and states; a model tells which there are, but where a file has them is known here. */
static void check_params(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	(void)key;
	if (!expect_map(config, node))
		return;
	for (struct spk_node *child = node->first; child != NULL; child = child->next)
		if (names_file(child))
			check_shape(config, child, &spk_schema_array);
}

/* A quantity needs the model; a file or a projection that has the weights does not. */
static void check_weight(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (key->shape != NULL && names_file(node))
		check_shape(config, node, key->shape);
	else if (key->shape != NULL && spk_node_get(node, "of") != NULL)
		check_shape(config, node, &spk_schema_weights_of);
}

/* Kinds that only a builder can check: they need the model. */
static void check_later(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	(void)config;
	(void)node;
	(void)key;
}

static void (*const checks[SPK_N_WANTS])(struct spk_config *, struct spk_node *, const struct spk_key *) = {
	[SPK_WANT_TEXT] = spk_check_leaf,
	[SPK_WANT_TEXTS] = spk_check_leaf,
	[SPK_WANT_NAME] = spk_check_leaf,
	[SPK_WANT_NAMES] = spk_check_leaf,
	[SPK_WANT_WORD] = spk_check_leaf,
	[SPK_WANT_WORDS] = spk_check_leaf,
	[SPK_WANT_BOOL] = spk_check_leaf,
	[SPK_WANT_COUNT] = spk_check_leaf,
	[SPK_WANT_COUNTS] = spk_check_leaf,
	[SPK_WANT_QUANTITY] = spk_check_leaf,
	[SPK_WANT_QUANTITIES] = spk_check_leaf,
	[SPK_WANT_ROWS] = spk_check_leaf,
	[SPK_WANT_PAIR] = spk_check_leaf,
	[SPK_WANT_VALUE] = spk_check_leaf,
	[SPK_WANT_WEIGHT] = check_weight,
	[SPK_WANT_WEIGHT_PAIR] = check_later,
	[SPK_WANT_READOUT] = check_later,
	[SPK_WANT_READOUT_PAIR] = check_later,
	[SPK_WANT_READOUTS] = check_later,
	[SPK_WANT_SELECTION] = spk_check_leaf,
	[SPK_WANT_SELECTIONS] = check_selections,
	[SPK_WANT_DELAY] = check_delay,
	[SPK_WANT_CONNECT] = check_connect,
	[SPK_WANT_EDGES] = check_edges,
	[SPK_WANT_PARAMS] = check_params,
	[SPK_WANT_CONSTANTS] = check_map,
	[SPK_WANT_MAP] = check_map,
	[SPK_WANT_MAPS] = check_maps,
	[SPK_WANT_ONE_OR_MAPS] = check_one_or_maps,
	[SPK_WANT_NAMED_MAPS] = check_named_maps,
	[SPK_WANT_SERIES] = check_series,
	[SPK_WANT_AXES] = check_axes,
	[SPK_WANT_SHOW] = check_show,
	[SPK_WANT_WORD_OR_NAMES] = spk_check_leaf,
	[SPK_WANT_BOOL_OR_NAMES] = spk_check_leaf,
	[SPK_WANT_SEEDS] = check_later,
	[SPK_WANT_ITEMS] = check_later,
};

/* ---- Shapes ------------------------------------------------------------------------------------- */

static const struct spk_key *find_key(const struct spk_shape *shape, const char *name)
{
	for (const struct spk_key *key = shape->keys; key->name != NULL; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

/* Whether the word is one of several with blanks between. */
static int is_among(const char *words, const char *word)
{
	const size_t length = strlen(word);

	for (const char *at = words; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, word, length) == 0 && (at[length] == '\0' || at[length] == ' '))
			return 1;
	}
	return 0;
}

int spk_key_is_for(const struct spk_key *key, const char *model)
{
	return key->only == NULL || is_among(key->only, model);
}

static int is_unreadable(const struct spk_node *model)
{
	return model == NULL || model->bad || model->kind != SPK_NODE_TEXT;
}

/* A key that belongs to another `model` or key is out of place. An unreadable model admits all keys. */
static int is_in_place(const struct spk_node *map, const struct spk_key *key)
{
	const struct spk_node *const model = spk_node_get(map, "model");

	if ((key->with != NULL && spk_node_get(map, key->with) == NULL) ||
		(key->without != NULL && spk_node_get(map, key->without) != NULL))
		return 0;
	return key->only == NULL || is_unreadable(model) || spk_key_is_for(key, model->text);
}

static void report_out_of_place(struct spk_config *config, struct spk_node *member, const struct spk_key *key)
{
	if (key->with != NULL)
		spk_config_key_error(config, member, NULL, "`%s` belongs to `%s` only", key->name, key->with);
	else if (key->without != NULL)
		spk_config_key_error(
			config, member, NULL, "`%s` has no place beside `%s`", key->name, key->without);
	else
		spk_config_key_error(
			config, member, NULL, "`%s` belongs to model %s only", key->name, key->only);
}

/* Returns the number of keys that do not belong here. */
static size_t check_members(struct spk_config *config, struct spk_node *map, const struct spk_shape *shape)
{
	const char *words[MAX_WORDS];
	size_t n = 0, n_unknown = 0;
	struct spk_node *next;

	for (const struct spk_key *key = shape->keys; key->name != NULL && n < MAX_WORDS; key++)
		if (is_in_place(map, key))
			words[n++] = key->name;
	for (struct spk_node *member = map->first; member != NULL; member = next) {
		const struct spk_key *const key = find_key(shape, member->key);

		next = member->next;
		if (key == NULL) {
			spk_unknown_key(config, member, n, words);
			n_unknown++;
		} else if (!is_in_place(map, key)) {
			report_out_of_place(config, member, key);
		} else {
			checks[key->kind](config, member, key);
		}
	}
	return n_unknown;
}

static void fill_default(struct spk_config *config, struct spk_node *map, const struct spk_key *key)
{
	struct spk_node *fresh;

	if (strcmp(key->fill, "{}") == 0)
		fresh = spk_node_new(config, SPK_NODE_MAP, map);
	else
		fresh = spk_node_new_text(config, map, key->fill);
	if (fresh == NULL)
		return;
	fresh->quoted = key->kind == SPK_WANT_TEXT;
	spk_node_set(map, key->name, fresh);
	checks[key->kind](config, fresh, key);
}

static void check_one_of(struct spk_config *config, struct spk_node *map, const struct spk_shape *shape)
{
	const size_t n = spk_count_words(shape->one_of);
	struct spk_node *found = NULL;

	for (size_t k = 0; k < n; k++) {
		struct spk_node *const member = spk_node_get(map, shape->one_of[k]);

		if (member != NULL && found != NULL)
			spk_config_key_error(config, member->index > found->index ? member : found, NULL,
				"`%s` and `%s` exclude each other", found->key, member->key);
		if (member != NULL)
			found = member;
	}
	if (found == NULL)
		spk_config_error(config, map, spk_note_words(config, NULL, n, shape->one_of), "%s is missing",
			n == 1 ? "a key" : "one of the alternatives");
}

/* Whether one of the keys that stand for a required one is there. */
static int is_excused(const struct spk_node *map, const struct spk_key *key)
{
	const struct spk_node *member = map->first;

	while (member != NULL && !is_among(key->unless, member->key))
		member = member->next;
	return member != NULL;
}

static void check_shape(struct spk_config *config, struct spk_node *map, const struct spk_shape *shape)
{
	const size_t n_unknown = check_members(config, map, shape);

	for (const struct spk_key *key = shape->keys; key->name != NULL && n_unknown == 0; key++) {
		if (spk_node_get(map, key->name) != NULL || !is_in_place(map, key) ||
			(key->only != NULL && is_unreadable(spk_node_get(map, "model"))))
			continue;
		if (key->required && is_excused(map, key))
			continue;
		if (key->required)
			spk_config_error(config, map,
				spk_arena_format(&config->arena, "%s: %s", key->name, key->doc),
				"`%s` is missing", key->name);
		else if (key->fill != NULL)
			fill_default(config, map, key);
	}
	if (shape->one_of != NULL && n_unknown == 0 && !map->bad)
		check_one_of(config, map, shape);
}

void spk_schema_check(struct spk_config *config)
{
	if (config->root->kind != SPK_NODE_MAP)
		spk_config_error(config, config->root, "a scenario begins with `spikem: 1`",
			"a mapping `key: value` is expected");
	else
		check_shape(config, config->root, &spk_schema);
}
