/* Stacks: layers of rate units, their training and what is measured on them. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

enum { MAX_WIDTHS = 256, MAX_SAMPLERS = 64 };

static struct spk_field number_from(const char *name, double lo, double hi)
{
	return (struct spk_field){.name = name, .dim = SPK_DIM_NONE, .lo = lo, .hi = hi};
}

/* The schema has checked ranges already; what is bad or missing leaves *ret_value alone. */
static void read_number(
	struct spk_builder *builder, const struct spk_node *map, const char *key, double *ret_value)
{
	const struct spk_field field = number_from(key, -INFINITY, INFINITY);

	(void)spk_read_quantity(builder->config, spk_node_get(map, key), &field, ret_value);
}

static void read_count(
	struct spk_builder *builder, const struct spk_node *map, const char *key, uint64_t *ret_value)
{
	(void)spk_read_count(builder->config, spk_node_get(map, key), 0, 0x1p63, ret_value);
}

/* Index of the word at `key`, or `otherwise`. */
static int read_word(const struct spk_node *map, const char *key, const char *const *words, int otherwise)
{
	const struct spk_node *const node = spk_node_get(map, key);

	for (int k = 0; words[k] != NULL && node != NULL && !node->bad && node->kind == SPK_NODE_TEXT; k++)
		if (strcmp(node->text, words[k]) == 0)
			return k;
	return otherwise;
}

static int is_map(const struct spk_node *node)
{
	return node != NULL && !node->bad && node->kind == SPK_NODE_MAP;
}

static const struct spk_dataset *get_data(const struct spk_builder *builder)
{
	const struct spk_scenario *const scenario = builder->scenario;

	return scenario->stack.dataset < scenario->n_datasets ? &scenario->datasets[scenario->stack.dataset]
							      : NULL;
}

/* Items of a split, 0 where a mistake was reported. */
static uint64_t read_split(
	struct spk_builder *builder, const struct spk_node *map, const char *key, size_t *ret_split)
{
	const struct spk_dataset *const data = get_data(builder);
	uint64_t n = 0;

	if (data == NULL || data->n_items == 0 ||
		!spk_find_split(builder, spk_node_get(map, key), data, ret_split))
		return 0;
	for (size_t k = 0; k < data->splits[*ret_split].items.n; k++)
		n += data->splits[*ret_split].items.ranges[k].last -
		     data->splits[*ret_split].items.ranges[k].first + 1;
	return n;
}

/* ---- Layers ------------------------------------------------------------------------------------- */

static void check_draws(struct spk_builder *builder, const struct spk_node *map,
	const struct spk_stack_layer *layer, int is_first, int is_last)
{
	struct spk_node *const draws = spk_node_get(map, "draws");
	struct spk_node *const corruption = spk_node_get(map, "corruption");

	if (layer->draws == 0)
		return;
	if (is_first)
		spk_config_error(builder->config, draws, NULL, "the first layer is no input of a decoder");
	else if (layer->unit != NULL && (layer->unit->lo < 0 || layer->unit->hi > 1))
		spk_config_error(builder->config, draws,
			"a probability lies between 0 and 1, as the values of a sigmoid do",
			"draws need a unit with values between 0 and 1, those of %s are not bounded so",
			layer->unit->name);
	else if (is_last && layer->corruption > 0)
		spk_config_error(builder->config, corruption, NULL,
			"the last layer is an input of the decoder only, which has draws in place of noise");
}

/* The first layer is as large as an item. */
static void read_size(struct spk_builder *builder, struct spk_node *map, struct spk_stack_layer *layer)
{
	const struct spk_dataset *const data = get_data(builder);
	struct spk_node *const size = spk_node_get(map, "size");

	if (map->index > 0) {
		if (size == NULL)
			spk_config_error(builder->config, map, "size: number of units", "`size` is missing");
		read_count(builder, map, "size", &layer->size);
		return;
	}
	layer->size = data != NULL ? data->n_pixels : 0;
	if (layer->size > 16384)
		spk_config_error(builder->config, map, NULL, "an item has %llu pixels, more than 16384",
			(unsigned long long)layer->size);
	if (size != NULL && layer->size != 0) {
		uint64_t given = layer->size;

		read_count(builder, map, "size", &given);
		if (given != layer->size)
			spk_config_error(builder->config, size, NULL,
				"the first layer has %llu units, as an item of the data has pixels, not %llu",
				(unsigned long long)layer->size, (unsigned long long)given);
	}
}

static void build_layer(
	struct spk_builder *builder, struct spk_node *map, size_t n, struct spk_stack_layer *layer)
{
	const struct spk_node *const name = spk_node_get(map, "name"), *const unit =
									       spk_node_get(map, "unit");

	layer->name = spk_build_text(builder, name != NULL && !name->bad ? name->text : "");
	layer->unit = unit != NULL && !unit->bad ? spk_find_unit(unit->text) : NULL;
	read_size(builder, map, layer);
	read_number(builder, map, "bias", &layer->bias);
	read_number(builder, map, "gain", &layer->gain);
	read_number(builder, map, "decoder_gain", &layer->decoder_gain);
	(void)spk_read_bool(builder->config, spk_node_get(map, "centre"), &layer->centre);
	read_number(builder, map, "encoder_step", &layer->encoder_step);
	read_number(builder, map, "decoder_step", &layer->decoder_step);
	read_number(builder, map, "sigma", &layer->sigma);
	read_number(builder, map, "corruption", &layer->corruption);
	read_count(builder, map, "draws", &layer->draws);
	check_draws(builder, map, layer, map->index == 0, map->index + 1 == n);
}

static void build_layers(struct spk_builder *builder, struct spk_node *list, struct spk_stack *stack)
{
	if (list->n < 2 || list->n > SPK_STACK_MAX_LAYERS) {
		spk_config_error(builder->config, list, NULL, "a stack has 2 to %d layers, not %zu",
			SPK_STACK_MAX_LAYERS, list->n);
		return;
	}
	stack->layers = spk_build_alloc(builder, list->n, sizeof *stack->layers);
	for (struct spk_node *map = list->first; map != NULL && stack->layers != NULL; map = map->next) {
		struct spk_stack_layer *const layer = &stack->layers[stack->n_layers++];

		build_layer(builder, map, list->n, layer);
		if (layer->name == NULL)
			return;
		for (const struct spk_stack_layer *other = stack->layers; other != layer; other++)
			if (strcmp(other->name, layer->name) == 0 && *layer->name != '\0')
				spk_config_error(builder->config, map, NULL, "two layers are called `%s`",
					layer->name);
	}
}

/* ---- Inference and training --------------------------------------------------------------------- */

/* Keys that are there replace what *inference holds. */
static void read_inference(
	struct spk_builder *builder, const struct spk_node *map, struct spk_inference *inference)
{
	read_count(builder, map, "steps", &inference->steps);
	read_number(builder, map, "delta", &inference->delta);
	read_number(builder, map, "alpha", &inference->alpha);
	read_number(builder, map, "temperature", &inference->temperature);
	inference->estimator = (enum spk_estimator)read_word(
		map, "estimator", spk_stack_estimator_words, (int)inference->estimator);
}

static uint64_t build_training(
	struct spk_builder *builder, const struct spk_node *map, struct spk_training *training)
{
	const uint64_t n = read_split(builder, map, "split", &training->split);

	read_count(builder, map, "epochs", &training->epochs);
	read_count(builder, map, "minibatch", &training->minibatch);
	training->infer_from_corrupted = read_word(map, "infer_from", spk_stack_source_words, 0);
	training->optimiser = (enum spk_optimiser)read_word(
		map, "optimiser", spk_stack_optimiser_words, SPK_OPTIMISER_RMSPROP);
	read_number(builder, map, "encoder_step", &training->encoder_step);
	read_number(builder, map, "decoder_step", &training->decoder_step);
	read_number(builder, map, "decay", &training->decay);
	read_number(builder, map, "momentum", &training->momentum);
	read_number(builder, map, "final", &training->final);
	read_number(builder, map, "forget", &training->forget);
	read_number(builder, map, "epsilon", &training->epsilon);
	return n;
}

static void build_prior(struct spk_builder *builder, const struct spk_node *map, struct spk_prior *prior)
{
	read_number(builder, map, "spread", &prior->spread);
	prior->full_covariance = read_word(map, "covariance", spk_stack_covariance_words, 0);
	(void)spk_read_bool(builder->config, spk_node_get(map, "clip"), &prior->clip);
}

/* ---- Evaluation --------------------------------------------------------------------------------- */

static void build_ascent(struct spk_builder *builder, const struct spk_node *map, struct spk_stack *stack)
{
	struct spk_ascent_plan *const ascent = &stack->ascent;

	ascent->on = 1;
	ascent->inference = stack->inference;
	(void)read_split(builder, map, "split", &ascent->split);
	read_inference(builder, map, &ascent->inference);
	(void)spk_read_bool(builder->config, spk_node_get(map, "directions"), &ascent->directions);
}

static int is_sampler_name(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_- ";
	const size_t length = strlen(text);

	return length > 0 && length <= 64 && strspn(text, letters) == length && text[0] != ' ' &&
	       text[length - 1] != ' ';
}

/* The data set of samples that were made elsewhere: as many pixels as the stack's, enough items. */
static void build_sampler_items(struct spk_builder *builder, struct spk_node *name,
	const struct spk_stack *stack, struct spk_stack_sampler *sampler)
{
	const struct spk_dataset *const own = get_data(builder);
	const struct spk_dataset *items;

	if (!spk_find_data(builder, name, &sampler->dataset))
		return;
	items = &builder->scenario->datasets[sampler->dataset];
	if (items->n_items == 0 || own == NULL || own->n_items == 0)
		return;
	if (items->n_pixels != own->n_pixels)
		spk_config_error(builder->config, name, NULL, "an item of `%s` has %llu pixels, of `%s` %llu",
			items->name, (unsigned long long)items->n_pixels, own->name,
			(unsigned long long)own->n_pixels);
	else if (items->n_items < stack->likelihood.n_samples)
		spk_config_error(builder->config, name, NULL,
			"%llu samples are asked for, `%s` has %llu items",
			(unsigned long long)stack->likelihood.n_samples, items->name,
			(unsigned long long)items->n_items);
}

static void build_sampler(struct spk_builder *builder, struct spk_node *map, uint64_t n_training,
	struct spk_stack *stack, struct spk_stack_sampler *sampler)
{
	struct spk_node *const name = spk_node_get(map, "name");

	sampler->kind = (enum spk_sampler_kind)read_word(
		map, "model", spk_stack_sampler_words, SPK_SAMPLER_ANCESTRAL);
	sampler->inference = stack->inference;
	read_count(builder, map, "rounds", &sampler->rounds);
	read_inference(builder, map, &sampler->inference);
	if (sampler->kind == SPK_SAMPLER_GENERATE && sampler->inference.estimator == SPK_ESTIMATOR_RANDOM)
		spk_config_error(builder->config, map, "estimator: target_prop or gradient",
			"samples of the kind generate cannot be made with random weights");
	sampler->name = spk_build_text(builder, name != NULL && !name->bad ? name->text : "");
	if (name != NULL && !name->bad && !is_sampler_name(name->text))
		spk_config_error(builder->config, name,
			"it has 1 to 64 letters, digits, blanks, `_` or `-`, and no blank at its ends",
			"%s cannot name a sampler", spk_show_text(builder->config, name->text));
	if (sampler->kind == SPK_SAMPLER_ITEMS)
		build_sampler_items(builder, spk_node_get(map, "data"), stack, sampler);
	else if (sampler->kind >= SPK_SAMPLER_RECONSTRUCTION && n_training != 0 &&
		 stack->likelihood.n_samples > n_training)
		spk_config_error(builder->config, map, NULL,
			"%llu samples of the kind %s need as many training items, there are %llu",
			(unsigned long long)stack->likelihood.n_samples,
			spk_stack_sampler_words[sampler->kind], (unsigned long long)n_training);
}

static void build_samplers(
	struct spk_builder *builder, struct spk_node *list, uint64_t n_training, struct spk_stack *stack)
{
	struct spk_likelihood_plan *const plan = &stack->likelihood;

	if (list->n == 0 || list->n > MAX_SAMPLERS) {
		spk_config_error(builder->config, list, NULL, "1 to %d samplers are expected, not %zu",
			MAX_SAMPLERS, list->n);
		return;
	}
	plan->samplers = spk_build_alloc(builder, list->n, sizeof *plan->samplers);
	for (struct spk_node *map = list->first; map != NULL && plan->samplers != NULL; map = map->next) {
		struct spk_stack_sampler *const sampler = &plan->samplers[plan->n_samplers++];

		build_sampler(builder, map, n_training, stack, sampler);
		if (sampler->name == NULL)
			return;
		for (const struct spk_stack_sampler *other = plan->samplers; other != sampler; other++)
			if (strcmp(other->name, sampler->name) == 0 && *sampler->name != '\0')
				spk_config_error(builder->config, map, NULL, "two samplers are called `%s`",
					sampler->name);
	}
}

static void build_likelihood(
	struct spk_builder *builder, const struct spk_node *map, uint64_t n_training, struct spk_stack *stack)
{
	struct spk_likelihood_plan *const plan = &stack->likelihood;
	const struct spk_field width = {.name = "widths", .lo = 0, .lo_open = 1, .hi = INFINITY};
	struct spk_node *const samplers = spk_node_get(map, "samplers");

	plan->on = 1;
	(void)read_split(builder, map, "split", &plan->split);
	(void)read_split(builder, map, "choose_on", &plan->choose_on);
	read_count(builder, map, "samples", &plan->n_samples);
	(void)spk_read_quantities(builder->config, spk_node_get(map, "widths"), &width, 1, MAX_WIDTHS,
		builder->arena, &plan->n_widths, &plan->widths);
	if (samplers != NULL && !samplers->bad && samplers->kind == SPK_NODE_LIST)
		build_samplers(builder, samplers, n_training, stack);
}

static void build_inpainting(struct spk_builder *builder, const struct spk_node *map, struct spk_stack *stack)
{
	struct spk_inpainting_plan *const plan = &stack->inpainting;
	struct spk_node *const masks = spk_node_get(map, "masks");

	plan->on = 1;
	plan->inference = stack->inference;
	(void)read_split(builder, map, "split", &plan->split);
	read_count(builder, map, "rounds", &plan->rounds);
	read_inference(builder, map, &plan->inference);
	if (masks == NULL || masks->bad || masks->kind != SPK_NODE_LIST)
		return;
	plan->masks = spk_build_alloc(builder, masks->n, sizeof *plan->masks);
	for (const struct spk_node *word = masks->first; word != NULL && plan->masks != NULL;
		word = word->next)
		for (int k = 0; spk_stack_mask_words[k] != NULL; k++)
			if (!word->bad && strcmp(word->text, spk_stack_mask_words[k]) == 0)
				plan->masks[plan->n_masks++] = (enum spk_mask_kind)k;
}

static void build_score(struct spk_builder *builder, struct spk_node *map, struct spk_stack *stack)
{
	const struct spk_dataset *const data = get_data(builder);

	stack->score.on = 1;
	(void)read_split(builder, map, "split", &stack->score.split);
	if (data != NULL && data->n_items != 0 && data->mixture.n_components == 0)
		spk_config_key_error(builder->config, map, "a data set with `mixture` has a known density",
			"the score needs data drawn from a known density, `%s` is none", data->name);
	else if (data != NULL && data->n_items != 0 && data->n_pixels != 2)
		spk_config_key_error(builder->config, map, NULL,
			"the score is measured on points in the plane, those of `%s` have %llu dimensions",
			data->name, (unsigned long long)data->n_pixels);
	if (stack->n_layers > 0 && stack->layers[0].corruption == 0)
		spk_config_key_error(builder->config, map, NULL,
			"the score needs `corruption` > 0 of the first layer: it is the sigma in (r(x) - "
			"x)/sigma^2");
}

static void build_evaluate(
	struct spk_builder *builder, const struct spk_node *map, uint64_t n_training, struct spk_stack *stack)
{
	struct spk_node *const ascent = spk_node_get(map, "ascent"),
			       *const likelihood = spk_node_get(map, "likelihood"),
			       *const inpainting = spk_node_get(map, "inpainting"),
			       *const score = spk_node_get(map, "score");

	if (is_map(ascent))
		build_ascent(builder, ascent, stack);
	if (is_map(likelihood))
		build_likelihood(builder, likelihood, n_training, stack);
	if (is_map(inpainting))
		build_inpainting(builder, inpainting, stack);
	if (is_map(score))
		build_score(builder, score, stack);
}

/* ---- Whole -------------------------------------------------------------------------------------- */

void spk_build_stack(struct spk_builder *builder)
{
	struct spk_stack *const stack = &builder->scenario->stack;
	struct spk_node *const map = spk_node_get(builder->config->root, "stack");
	struct spk_node *const layers = spk_node_get(map, "layers");
	const struct spk_node *const objective = spk_node_get(map, "objective"), *const training =
											 spk_node_get(map,
												 "training");
	uint64_t n_training;

	stack->dataset = SIZE_MAX;
	if (!is_map(map))
		return;
	stack->on = 1;
	(void)spk_find_data(builder, spk_node_get(map, "data"), &stack->dataset);
	if (layers != NULL && !layers->bad && layers->kind == SPK_NODE_LIST)
		build_layers(builder, layers, stack);
	read_number(builder, objective, "alpha", &stack->objective_alpha);
	(void)spk_read_bool(builder->config, spk_node_get(objective, "prior"), &stack->objective_prior);
	read_inference(builder, spk_node_get(map, "inference"), &stack->inference);
	n_training = build_training(builder, training, &stack->training);
	build_prior(builder, spk_node_get(map, "prior"), &stack->prior);
	build_evaluate(builder, spk_node_get(map, "evaluate"), n_training, stack);
}

void spk_strip_stack(struct spk_config *config)
{
	static const char *const keys[] = {"evaluate", "prior"}, *const of_all[] = {
									 "title", "claim", "sweep"};
	struct spk_node *const stack = spk_node_get(config->root, "stack");
	const struct spk_node *const training = spk_node_get(stack, "training");
	struct spk_node *const epochs = spk_node_get(training, "epochs");

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		struct spk_node *const member = spk_node_get(stack, keys[k]);

		if (member != NULL)
			spk_node_remove(member);
	}
	for (size_t k = 0; k < sizeof of_all / sizeof *of_all; k++) {
		struct spk_node *const member = spk_node_get(config->root, of_all[k]);

		if (member != NULL)
			spk_node_remove(member);
	}
	/* with `final`, the step size depends on how many epochs there will be */
	if (epochs != NULL && spk_node_get(training, "final") == NULL)
		spk_node_remove(epochs);
}
