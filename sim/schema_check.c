/* A tree against the table of keys: unknown keys, missing keys, wrong values; defaults and canonical forms.
 */
#include "sim/schema.h"

#include <string.h>
#include <strings.h>

enum { MAX_WORDS = 64, MAX_NAMES = 4096 };

static void check_shape(struct spk_config *config, struct spk_node *map, const struct spk_shape *shape);

static struct spk_field field_of(const struct spk_key *key)
{
	return (struct spk_field){
		.name = key->name, .dim = key->dim, .lo = key->lo, .hi = key->hi, .lo_open = key->lo_open};
}

static size_t count_words(const char *const *words)
{
	size_t n = 0;

	while (words[n] != NULL)
		n++;
	return n;
}

const char *const *spk_registry_names(struct spk_arena *arena, enum spk_registry registry)
{
	const char **const names = spk_arena_alloc(arena, MAX_WORDS + 1, sizeof *names);
	size_t n = 0;

	if (names == NULL)
		return NULL;
	if (registry == SPK_REGISTRY_PLASTICITY) {
		for (size_t k = 0; spk_plasticity_models[k] != NULL && n < MAX_WORDS; k++)
			names[n++] = spk_plasticity_models[k]->name;
		return names;
	}
	if (registry == SPK_REGISTRY_MEASUREMENT) {
		for (size_t k = 0; spk_measurements[k] != NULL && n < MAX_WORDS; k++)
			names[n++] = spk_measurements[k]->name;
		return names;
	}
	if (registry == SPK_REGISTRY_UNIT) {
		for (size_t k = 0; spk_unit_models[k] != NULL && n < MAX_WORDS; k++)
			names[n++] = spk_unit_models[k]->name;
		return names;
	}
	for (size_t k = 0; spk_neuron_models[k] != NULL && n < MAX_WORDS; k++)
		names[n++] = spk_neuron_models[k]->name;
	for (size_t k = 0; spk_source_models[k] != NULL && n < MAX_WORDS; k++)
		names[n++] = spk_source_models[k]->name;
	return names;
}

/* Words that cannot name anything: YAML 1.1 reads them otherwise, or they mean something in a scenario. */
static int is_reserved(const char *name)
{
	static const char *const words[] = {
		"y", "n", "yes", "no", "on", "off", "true", "false", "null", "all", "none", "neurons"};

	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (strcasecmp(name, words[k]) == 0)
			return 1;
	return 0;
}

/* ---- Checks, one for each kind ------------------------------------------------------------------ */

static void check_text(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	(void)key;
	(void)spk_expect_text(config, node, "a text");
}

static void check_texts(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind != SPK_NODE_LIST) {
		check_text(config, node, key);
		return;
	}
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		check_text(config, child, key);
		if (child->bad)
			node->bad = 1;
	}
}

static void check_name(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	if (!spk_expect_text(config, node, "a name"))
		return;
	if (*node->text == '\0' || strlen(node->text) > 64 || node->text[strspn(node->text, letters)] != '\0')
		spk_config_error(config, node, "a name has 1 to 64 letters, digits, `_` or `-`",
			"%s is not a name", spk_show_text(config, node->text));
	else if (key->kind == SPK_WANT_NAME && strcmp(key->name, "name") == 0 && is_reserved(node->text))
		spk_config_error(config, node, NULL, "%s cannot be a name: it has a meaning of its own",
			spk_show_text(config, node->text));
}

static void check_names(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind != SPK_NODE_LIST) {
		check_name(config, node, key);
		return;
	}
	if (node->n > MAX_NAMES) {
		spk_config_error(config, node, NULL, "a list of more than %d names", MAX_NAMES);
		return;
	}
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		check_name(config, child, key);
		for (const struct spk_node *twin = node->first; twin != child && !child->bad;
			twin = twin->next)
			if (!twin->bad && strcmp(twin->text, child->text) == 0)
				spk_config_error(config, child, NULL, "%s is listed twice",
					spk_show_text(config, child->text));
		if (child->bad)
			node->bad = 1;
	}
}

static void check_word(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	const char *const *const words = key->registry != SPK_REGISTRY_NONE
						 ? spk_registry_names(&config->arena, key->registry)
						 : key->words;
	size_t index;

	if (words == NULL)
		(void)spk_config_fail(config, SPK_E_NOMEM);
	else
		(void)spk_read_word(config, node, count_words(words), words, &index);
}

static void check_words(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	const size_t n_words = count_words(key->words);
	size_t index;

	if (node->kind != SPK_NODE_LIST || node->n == 0) {
		spk_config_error(config, node, spk_note_words(config, NULL, n_words, key->words),
			"a list of words is expected");
		return;
	}
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		(void)spk_read_word(config, child, n_words, key->words, &index);
		for (const struct spk_node *twin = node->first; twin != child && !child->bad;
			twin = twin->next)
			if (!twin->bad && strcmp(twin->text, child->text) == 0)
				spk_config_error(config, child, NULL, "%s is listed twice",
					spk_show_text(config, child->text));
		if (child->bad)
			node->bad = 1;
	}
}

static void check_bool(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	int flag;

	(void)key;
	(void)spk_read_bool(config, node, &flag);
}

static void check_count(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	uint64_t count;

	(void)spk_read_count(config, node, key->lo, key->hi, &count);
}

static void check_counts(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	uint64_t count;

	if (node->kind != SPK_NODE_LIST) {
		spk_config_error(config, node, NULL, "a list of whole numbers is expected");
		return;
	}
	for (struct spk_node *child = node->first; child != NULL; child = child->next)
		if (!spk_read_count(config, child, key->lo, key->hi, &count))
			node->bad = 1;
}

static void check_quantity(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	const struct spk_field field = field_of(key);
	double value;

	(void)spk_read_quantity(config, node, &field, &value);
}

static void check_quantities(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	const struct spk_field field = field_of(key);
	double *values;
	size_t n;

	(void)spk_read_quantities(config, node, &field, 0, SIZE_MAX, &config->arena, &n, &values);
}

static void check_rows(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind != SPK_NODE_LIST) {
		spk_config_error(config, node, NULL, "a list of lists is expected");
		return;
	}
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		check_quantities(config, child, key);
		if (!child->bad && child->n != node->first->n)
			spk_config_error(config, child, NULL, "%zu numbers, but %zu in the first list",
				child->n, node->first->n);
		if (child->bad)
			node->bad = 1;
	}
}

static void check_pair(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	const struct spk_field field = field_of(key);
	double pair[2];

	(void)spk_read_pair(config, node, &field, pair);
}

static void check_value(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	const struct spk_field field = field_of(key);
	struct spk_value value;

	(void)spk_read_value(config, node, &field, &config->arena, &value);
}

static void check_selection(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	struct spk_selection selection;

	(void)key;
	(void)spk_read_selection(config, node, UINT64_MAX, &config->arena, &selection);
}

static int expect_map(struct spk_config *config, struct spk_node *node)
{
	if (node->bad)
		return 0;
	if (node->kind != SPK_NODE_MAP)
		spk_config_error(config, node, NULL, "a mapping `{key: value, ...}` is expected");
	return node->kind == SPK_NODE_MAP;
}

static void check_selections(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (!expect_map(config, node))
		return;
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		if (is_reserved(child->key))
			spk_config_key_error(config, child, NULL,
				"`%s` cannot be a name: it has a meaning of its own", child->key);
		check_selection(config, child, key);
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
		if (is_reserved(child->key))
			spk_config_key_error(config, child, NULL,
				"`%s` cannot be a name: it has a meaning of its own", child->key);
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

/* Rows of an inline list are checked where they are read. */
static void check_edges(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind != SPK_NODE_LIST)
		check_map(config, node, key);
}

/* Kinds that only a builder can check: they need the model. */
static void check_later(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	(void)config;
	(void)node;
	(void)key;
}

static void (*const checks[SPK_N_WANTS])(struct spk_config *, struct spk_node *, const struct spk_key *) = {
	[SPK_WANT_TEXT] = check_text,
	[SPK_WANT_TEXTS] = check_texts,
	[SPK_WANT_NAME] = check_name,
	[SPK_WANT_NAMES] = check_names,
	[SPK_WANT_WORD] = check_word,
	[SPK_WANT_WORDS] = check_words,
	[SPK_WANT_BOOL] = check_bool,
	[SPK_WANT_COUNT] = check_count,
	[SPK_WANT_COUNTS] = check_counts,
	[SPK_WANT_QUANTITY] = check_quantity,
	[SPK_WANT_QUANTITIES] = check_quantities,
	[SPK_WANT_ROWS] = check_rows,
	[SPK_WANT_PAIR] = check_pair,
	[SPK_WANT_VALUE] = check_value,
	[SPK_WANT_WEIGHT] = check_later,
	[SPK_WANT_WEIGHT_PAIR] = check_later,
	[SPK_WANT_READOUT] = check_later,
	[SPK_WANT_READOUT_PAIR] = check_later,
	[SPK_WANT_SELECTION] = check_selection,
	[SPK_WANT_SELECTIONS] = check_selections,
	[SPK_WANT_DELAY] = check_delay,
	[SPK_WANT_CONNECT] = check_connect,
	[SPK_WANT_EDGES] = check_edges,
	[SPK_WANT_PARAMS] = check_map,
	[SPK_WANT_CONSTANTS] = check_map,
	[SPK_WANT_MAP] = check_map,
	[SPK_WANT_MAPS] = check_maps,
	[SPK_WANT_ONE_OR_MAPS] = check_one_or_maps,
	[SPK_WANT_NAMED_MAPS] = check_named_maps,
	[SPK_WANT_SERIES] = check_series,
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

int spk_key_is_for(const struct spk_key *key, const char *model)
{
	const size_t length = strlen(model);
	const char *at = key->only;

	while (at != NULL) {
		if (strncmp(at, model, length) == 0 && (at[length] == '\0' || at[length] == ' '))
			return 1;
		at = strchr(at, ' ');
		at = at != NULL ? at + 1 : NULL;
	}
	return key->only == NULL;
}

/* A key that belongs to another `model` or key is out of place. An unreadable model admits all keys. */
static int is_in_place(const struct spk_node *map, const struct spk_key *key)
{
	const struct spk_node *const model = spk_node_get(map, "model");

	if ((key->with != NULL && spk_node_get(map, key->with) == NULL) ||
		(key->without != NULL && spk_node_get(map, key->without) != NULL))
		return 0;
	return key->only == NULL || model == NULL || model->bad || model->kind != SPK_NODE_TEXT ||
	       spk_key_is_for(key, model->text);
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
	const size_t n = count_words(shape->one_of);
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

static void check_shape(struct spk_config *config, struct spk_node *map, const struct spk_shape *shape)
{
	const size_t n_unknown = check_members(config, map, shape);

	for (const struct spk_key *key = shape->keys; key->name != NULL && n_unknown == 0; key++) {
		if (spk_node_get(map, key->name) != NULL || !is_in_place(map, key))
			continue;
		if (key->required && key->unless != NULL && spk_node_get(map, key->unless) != NULL)
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
