/* Data sets drawn from a Gaussian mixture. */
#include "sim/mixture.h"
#include "sim/scenario_data.h"

#include <math.h>

/* Rows of equal length, as the schema has checked. */
static int read_means(struct spk_builder *builder, struct spk_node *rows, struct spk_mixture *mixture)
{
	const struct spk_field field = {.name = "means", .lo = -1e6, .hi = 1e6};
	size_t n_dims;

	if (rows == NULL || rows->bad)
		return 0;
	if (rows->n == 0 || rows->first->n == 0 || rows->n > 65536 || rows->first->n > 65536) {
		spk_config_error(builder->config, rows, NULL,
			"1 to 65536 components with 1 to 65536 coordinates are expected");
		return 0;
	}
	n_dims = rows->first->n;
	mixture->means = spk_build_alloc(builder, rows->n * n_dims, sizeof *mixture->means);
	if (mixture->means == NULL)
		return 0;
	for (struct spk_node *row = rows->first; row != NULL; row = row->next) {
		double *target = &mixture->means[row->index * n_dims];

		for (struct spk_node *child = row->first; child != NULL; child = child->next)
			if (!spk_read_quantity(builder->config, child, &field, target++))
				return 0;
	}
	mixture->n_components = rows->n;
	mixture->n_dims = n_dims;
	return 1;
}

/* Weights as given or equal, divided by their sum. */
static int read_weights(struct spk_builder *builder, struct spk_node *list, struct spk_mixture *mixture)
{
	const struct spk_field field = {.name = "weights", .lo = 0, .lo_open = 1, .hi = INFINITY};
	double sum = 0.0;
	size_t n;

	if (list != NULL) {
		if (!spk_read_quantities(builder->config, list, &field, 0, SIZE_MAX, builder->arena, &n,
			    &mixture->weights))
			return 0;
		if (n != mixture->n_components) {
			spk_config_error(builder->config, list, NULL, "%zu weights for %llu means", n,
				(unsigned long long)mixture->n_components);
			return 0;
		}
	} else {
		mixture->weights = spk_build_alloc(builder, mixture->n_components, sizeof *mixture->weights);
		if (mixture->weights == NULL)
			return 0;
		for (uint64_t k = 0; k < mixture->n_components; k++)
			mixture->weights[k] = 1.0;
	}
	for (uint64_t k = 0; k < mixture->n_components; k++)
		sum += mixture->weights[k];
	if (isinf(sum)) {
		spk_config_error(builder->config, list, NULL, "the sum of the weights is too large");
		return 0;
	}
	for (uint64_t k = 0; k < mixture->n_components; k++)
		mixture->weights[k] /= sum;
	return 1;
}

static int read_mixture(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data)
{
	const struct spk_field sd = {.name = "sd", .lo = 0, .lo_open = 1, .hi = 1e6};
	struct spk_mixture *const mixture = &data->mixture;
	struct spk_node *const items = spk_node_get(map, "items"), *const dims = spk_node_get(map, "dims");
	uint64_t n_dims;

	if (!spk_read_count(builder->config, items, 1, SPK_MAX_DATA, &data->n_items) ||
		!read_means(builder, spk_node_get(map, "means"), mixture) ||
		!spk_read_quantity(builder->config, spk_node_get(map, "sd"), &sd, &mixture->sd) ||
		!read_weights(builder, spk_node_get(map, "weights"), mixture))
		return 0;
	n_dims = mixture->n_dims;
	if (dims != NULL && !spk_read_count(builder->config, dims, 1, 65536, &n_dims))
		return 0;
	if (n_dims != mixture->n_dims) {
		spk_config_error(builder->config, dims, NULL, "the means have %llu coordinates",
			(unsigned long long)mixture->n_dims);
		return 0;
	}
	if (data->n_items > SPK_MAX_DATA / n_dims) {
		spk_config_error(builder->config, items, NULL, "more than %d numbers", SPK_MAX_DATA);
		return 0;
	}
	return 1;
}

int spk_build_mixture(
	struct spk_builder *builder, struct spk_node *map, uint32_t sub, struct spk_dataset *data)
{
	if (!read_mixture(builder, map, data))
		return 0;
	data->height = 1;
	data->width = data->n_pixels = data->mixture.n_dims;
	data->n_labels = data->mixture.n_components;
	if (!spk_build_items(builder, data))
		return 0;
	spk_mixture_draw(
		&data->mixture, builder->scenario->seed, sub, data->n_items, data->pixels, data->labels);
	return 1;
}
