/* Leaves of the tree: quantities, distributions, words. */
#include "models/math/det.h"
#include "sim/schema.h"
#include "sim/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct spk_distribution spk_distributions[] = {
	{"uniform", SPK_UNIFORM, 0, "evenly between two values: {uniform: [0 mV, 10 mV]}"},
	{"normal", SPK_NORMAL, 1, "Gaussian; draws outside [min, max] are drawn again"},
	{"lognormal", SPK_LOGNORMAL, 1, "mean and sd are those of the quantity, not of its logarithm"},
	{"exponential", SPK_EXPONENTIAL, 0, "mean and, if wanted, min and max"},
	{.name = NULL},
};

struct spk_field spk_plain_field(const char *name, enum spk_dim dim)
{
	return (struct spk_field){.name = name, .dim = dim, .lo = -INFINITY, .hi = INFINITY};
}

int spk_expect_text(struct spk_config *config, struct spk_node *node, const char *what)
{
	if (node == NULL || node->bad)
		return 0;
	if (node->kind != SPK_NODE_TEXT) {
		spk_config_error(config, node, NULL, "%s is expected, not a %s", what,
			node->kind == SPK_NODE_LIST ? "list" : "mapping");
		return 0;
	}
	if (!node->quoted &&
		(*node->text == '\0' || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0)) {
		spk_config_error(config, node, NULL, "%s is expected, but nothing is written here", what);
		return 0;
	}
	return 1;
}

static void report_range(struct spk_config *config, struct spk_node *node, const struct spk_field *field)
{
	char lo[64], hi[64];

	spk_quantity_print(field->lo, field->dim, lo, sizeof lo);
	spk_quantity_print(field->hi, field->dim, hi, sizeof hi);
	if (isinf(field->hi))
		spk_config_error(config, node, NULL, "`%s` must be %s %s, got `%.40s`", field->name,
			field->lo_open ? ">" : ">=", lo, node->text);
	else if (isinf(field->lo))
		spk_config_error(
			config, node, NULL, "`%s` must be <= %s, got `%.40s`", field->name, hi, node->text);
	else
		spk_config_error(config, node, NULL, "`%s` must be %s %s and <= %s, got `%.40s`", field->name,
			field->lo_open ? ">" : ">=", lo, hi, node->text);
}

static int read_choice(
	struct spk_config *config, struct spk_node *node, const struct spk_field *field, double *ret_value)
{
	size_t n = 0, k;

	while (field->choices[n] != NULL)
		n++;
	if (!spk_read_word(config, node, n, field->choices, &k))
		return 0;
	*ret_value = (double)k;
	return 1;
}

int spk_read_quantity(
	struct spk_config *config, struct spk_node *node, const struct spk_field *field, double *ret_value)
{
	struct spk_error err;
	double value;

	if (node == NULL || node->bad)
		return 0;
	if (field->choices != NULL)
		return read_choice(config, node, field, ret_value);
	if (!spk_expect_text(config, node, spk_dim_what(field->dim)))
		return 0;
	if (spk_quantity_parse(node->text, field->dim, &value, &err) != SPK_OK) {
		spk_config_error(config, node, NULL, "`%s` %s", field->name, err.text);
		return 0;
	}
	if (value < field->lo || value > field->hi || (field->lo_open && value == field->lo)) {
		report_range(config, node, field);
		return 0;
	}
	*ret_value = value;
	return 1;
}

int spk_read_count(
	struct spk_config *config, struct spk_node *node, double lo, double hi, uint64_t *ret_value)
{
	const char *const name = node != NULL && node->key != NULL ? node->key : "it";
	struct spk_error err;
	uint64_t value;

	if (!spk_expect_text(config, node, "a whole number"))
		return 0;
	if (spk_count_parse(node->text, &value, &err) != SPK_OK) {
		spk_config_error(config, node, NULL, "`%s` %s", name, err.text);
		return 0;
	}
	if ((double)value < lo || (double)value > hi) {
		spk_config_error(config, node, NULL, "`%s` must lie between %.0f and %.0f, got `%.40s`", name,
			lo, hi, node->text);
		return 0;
	}
	*ret_value = value;
	return 1;
}

int spk_read_bool(struct spk_config *config, struct spk_node *node, int *ret_value)
{
	static const char *const words[] = {"true", "false"};
	static const char *const traps[] = {"yes", "no", "on", "off", "y", "n", "True", "False", "1", "0"};

	if (!spk_expect_text(config, node, "`true` or `false`"))
		return 0;
	for (int k = 0; k < 2; k++) {
		if (strcmp(node->text, words[k]) == 0) {
			*ret_value = k == 0;
			return 1;
		}
	}
	for (size_t k = 0; k < sizeof traps / sizeof *traps; k++) {
		if (strcmp(node->text, traps[k]) == 0) {
			spk_config_error(config, node, NULL,
				"`true` or `false` is expected, got `%s`: write `%s`", traps[k],
				words[k % 2]);
			return 0;
		}
	}
	spk_config_error(config, node, NULL, "`true` or `false` is expected, got %s",
		spk_show_text(config, node->text));
	return 0;
}

int spk_read_word(struct spk_config *config, struct spk_node *node, size_t n, const char *const *words,
	size_t *ret_index)
{
	if (!spk_expect_text(config, node, "a word"))
		return 0;
	for (size_t k = 0; k < n; k++) {
		if (strcmp(node->text, words[k]) == 0) {
			*ret_index = k;
			return 1;
		}
	}
	spk_config_error(config, node, spk_note_words(config, node->text, n, words), "unknown word %s",
		spk_show_text(config, node->text));
	return 0;
}

void spk_unknown_key(struct spk_config *config, struct spk_node *member, size_t n, const char *const *words)
{
	spk_config_key_error(config, member, spk_note_words(config, member->key, n, words), "unknown key %s",
		spk_show_text(config, member->key));
}

int spk_read_quantities(struct spk_config *config, struct spk_node *node, const struct spk_field *field,
	size_t n_min, size_t n_max, struct spk_arena *arena, size_t *ret_n, double **ret_values)
{
	double *values;
	size_t k = 0;

	if (node == NULL || node->bad)
		return 0;
	if (node->kind != SPK_NODE_LIST) {
		spk_config_error(config, node, NULL, "a list such as `[%s, ...]` is expected",
			spk_dim_example(field->dim));
		return 0;
	}
	if (node->n < n_min || node->n > n_max) {
		if (n_min == n_max)
			spk_config_error(
				config, node, NULL, "a list of %zu is expected, not of %zu", n_min, node->n);
		else
			spk_config_error(config, node, NULL, "a list of %zu is too %s", node->n,
				node->n < n_min ? "short" : "long");
		return 0;
	}
	values = spk_arena_alloc(arena, node->n, sizeof *values);
	if (values == NULL) {
		(void)spk_config_fail(config, SPK_E_NOMEM);
		return 0;
	}
	for (struct spk_node *child = node->first; child != NULL; child = child->next)
		if (!spk_read_quantity(config, child, field, &values[k++]))
			node->bad = 1;
	if (node->bad)
		return 0;
	*ret_n = node->n;
	*ret_values = values;
	return 1;
}

int spk_read_pair(
	struct spk_config *config, struct spk_node *node, const struct spk_field *field, double ret_pair[2])
{
	double *values;
	size_t n;

	if (!spk_read_quantities(config, node, field, 2, 2, &config->arena, &n, &values))
		return 0;
	if (values[0] > values[1]) {
		spk_config_error(config, node, NULL,
			"the first value of `%s` must not be larger than the second",
			node->key != NULL ? node->key : field->name);
		return 0;
	}
	ret_pair[0] = values[0];
	ret_pair[1] = values[1];
	return 1;
}

/* ---- Distributions ------------------------------------------------------------------------------ */

static double normal_cdf(double x)
{
	return 0.5 * erfc(-x / sqrt(2.0));
}

/* Probability that a draw lies within [lo, hi]; only to refuse bounds that would be drawn for ever. */
static double accepted(const struct spk_value *value)
{
	if (value->law == SPK_NORMAL)
		return normal_cdf((value->hi - value->a) / value->b) -
		       normal_cdf((value->lo - value->a) / value->b);
	if (value->law == SPK_LOGNORMAL) {
		const double ratio = value->b / value->a;
		const double sigma = sqrt(spk_log1p(ratio * ratio)),
			     mu = spk_log(value->a) - 0.5 * sigma * sigma;
		const double lo = value->lo > 0.0 ? normal_cdf((spk_log(value->lo) - mu) / sigma) : 0.0;
		const double hi = value->hi > 0.0 ? normal_cdf((spk_log(value->hi) - mu) / sigma) : 0.0;

		return hi - lo;
	}
	if (value->law == SPK_EXPONENTIAL) {
		const double x = value->lo / value->a, y = value->hi / value->a;

		return spk_exp(-fmax(fmin(x, y), 0.0)) - spk_exp(-fmax(fmax(x, y), 0.0));
	}
	return 1.0;
}

static void put_bounds(struct spk_value *value, const struct spk_field *field)
{
	value->lo = field->lo_open ? nextafter(field->lo, INFINITY) : field->lo;
	value->hi = field->hi;
}

/* Check what {mean, sd, min, max} say together. */
static int check_moments(struct spk_config *config, struct spk_node *node, const struct spk_value *value)
{
	const char *wrong = NULL;

	if (value->law != SPK_EXPONENTIAL && !(value->b > 0.0))
		wrong = "`sd` must be > 0";
	else if (value->law == SPK_LOGNORMAL && !(value->a > 0.0))
		wrong = "the mean of a lognormal distribution must be > 0";
	else if (value->law == SPK_EXPONENTIAL && value->a == 0.0)
		wrong = "the mean of an exponential distribution must not be 0";
	else if (value->lo > value->hi)
		wrong = "`min` must not be larger than `max`";
	else if (!(accepted(value) >= 1e-3))
		wrong = "fewer than 1 draw in 1000 would lie within the bounds";
	if (wrong != NULL)
		spk_config_error(config, node, NULL, "%s", wrong);
	return wrong == NULL;
}

static int read_moments(struct spk_config *config, struct spk_node *node, const struct spk_field *field,
	const struct spk_distribution *distribution, struct spk_value *value)
{
	static const char *const words[] = {"mean", "min", "max", "sd"};
	const size_t n_words = distribution->has_sd ? 4 : 3;
	struct spk_field free = spk_plain_field("mean", field->dim);

	if (node->kind != SPK_NODE_MAP) {
		spk_config_error(config, node, NULL, "a mapping such as `{mean: %s, ...}` is expected",
			spk_dim_example(field->dim));
		return 0;
	}
	put_bounds(value, field);
	for (struct spk_node *child = node->first; child != NULL; child = child->next) {
		size_t k = 0;
		double read = 0.0;

		while (k < n_words && strcmp(child->key, words[k]) != 0)
			k++;
		if (k == n_words) {
			spk_unknown_key(config, child, n_words, words);
			return 0;
		}
		free.name = words[k];
		if (!spk_read_quantity(config, child, k == 1 || k == 2 ? field : &free, &read))
			return 0;
		*(k == 0 ? &value->a : k == 1 ? &value->lo : k == 2 ? &value->hi : &value->b) = read;
	}
	for (size_t k = 0; k < n_words; k += 3) {
		if (spk_node_get(node, words[k]) == NULL) {
			spk_config_error(config, node, NULL, "`%s` is missing", words[k]);
			return 0;
		}
	}
	return check_moments(config, node, value);
}

static int read_distribution(struct spk_config *config, struct spk_node *node, const struct spk_field *field,
	struct spk_value *value)
{
	const char *words[8];
	struct spk_node *const child = node->first;
	size_t n = 0, k = 0;
	double pair[2];

	for (; spk_distributions[n].name != NULL; n++)
		words[n] = spk_distributions[n].name;
	if (child == NULL || child->next != NULL) {
		spk_config_error(config, node, spk_note_words(config, NULL, n, words),
			"a distribution has exactly one key, this has %zu", node->n);
		return 0;
	}
	while (k < n && strcmp(child->key, words[k]) != 0)
		k++;
	if (k == n) {
		spk_config_key_error(config, child, spk_note_words(config, child->key, n, words),
			"unknown distribution %s", spk_show_text(config, child->key));
		return 0;
	}
	value->law = spk_distributions[k].law;
	if (value->law != SPK_UNIFORM)
		return read_moments(config, child, field, &spk_distributions[k], value);
	if (!spk_read_pair(config, child, field, pair))
		return 0;
	value->a = pair[0];
	value->b = pair[1];
	return 1;
}

int spk_read_value(struct spk_config *config, struct spk_node *node, const struct spk_field *field,
	struct spk_arena *arena, struct spk_value *ret_value)
{
	struct spk_value value = {.law = SPK_CONSTANT, .lo = -INFINITY, .hi = INFINITY};
	int ok;

	if (node == NULL || node->bad)
		return 0;
	if (node->kind == SPK_NODE_LIST) {
		value.law = SPK_LIST;
		ok = spk_read_quantities(config, node, field, 0, SIZE_MAX, arena, &value.n_list, &value.list);
	} else if (node->kind == SPK_NODE_MAP && field->choices == NULL) {
		ok = read_distribution(config, node, field, &value);
		if (!ok)
			node->bad = 1;
	} else {
		ok = spk_read_quantity(config, node, field, &value.a);
	}
	if (ok)
		*ret_value = value;
	return ok;
}
