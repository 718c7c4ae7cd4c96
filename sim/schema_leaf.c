/* Leaves of the tree against their keys: texts, names, words, numbers, selections. */
#include "sim/schema_leaf.h"

#include <string.h>
#include <strings.h>

enum { MAX_WORDS = 64, MAX_NAMES = 4096 };

static struct spk_field field_of(const struct spk_key *key)
{
	return (struct spk_field){
		.name = key->name, .dim = key->dim, .lo = key->lo, .hi = key->hi, .lo_open = key->lo_open};
}

size_t spk_count_words(const char *const *words)
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

int spk_is_reserved(const char *name)
{
	static const char *const words[] = {
		"y", "n", "yes", "no", "on", "off", "true", "false", "null", "all", "none", "neurons"};

	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (strcasecmp(name, words[k]) == 0)
			return 1;
	return 0;
}

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
	else if (key->kind == SPK_WANT_NAME && strcmp(key->name, "name") == 0 && spk_is_reserved(node->text))
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
		(void)spk_read_word(config, node, spk_count_words(words), words, &index);
}

static void check_words(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	const size_t n_words = spk_count_words(key->words);
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

static void check_word_or_names(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind == SPK_NODE_LIST)
		check_names(config, node, key);
	else
		check_word(config, node, key);
}

static void check_bool_or_names(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	if (node->kind == SPK_NODE_LIST)
		check_names(config, node, key);
	else
		check_bool(config, node, key);
}

void spk_check_leaf(struct spk_config *config, struct spk_node *node, const struct spk_key *key)
{
	static void (*const checks[SPK_N_WANTS])(
		struct spk_config *, struct spk_node *, const struct spk_key *) = {
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
		[SPK_WANT_SELECTION] = check_selection,
		[SPK_WANT_SELECTIONS] = check_selection, /* each of them */
		[SPK_WANT_SHOW] = check_word,            /* each of them */
		[SPK_WANT_WORD_OR_NAMES] = check_word_or_names,
		[SPK_WANT_BOOL_OR_NAMES] = check_bool_or_names,
	};

	if (checks[key->kind] != NULL)
		checks[key->kind](config, node, key);
}
