#include "tools/args.h"
#include "tools/commands.h"
#include "tools/load.h"
#include "tools/references.h"
#include <spikem/measure.h>
#include <spikem/model.h>
#include <stdio.h>
#include <string.h>

static const struct spk_command command = {
	.name = "cite",
	.synopsis = "[SCENARIO|NAME]...",
	.summary = "Print the references of what a scenario or a model uses",
	.text = "SCENARIO is a YAML file, NAME a model or measurement ('spikem list'). Without either: all "
		"references.\n",
	.min_operands = 0,
	.max_operands = 1000,
};

enum { MAX_CITATIONS = 256 };

/* The references met so far, each once, in the order of their first use. */
struct citations {
	size_t n;
	const char *keys[MAX_CITATIONS];
};

static void add_keys(struct citations *citations, const char *const *keys)
{
	for (size_t k = 0; keys && keys[k]; k++) {
		size_t at = 0;
		while (at < citations->n && strcmp(citations->keys[at], keys[k]) != 0)
			at++;
		if (at == citations->n && citations->n < MAX_CITATIONS)
			citations->keys[citations->n++] = keys[k];
	}
}

/* @return non-zero if a model has this name */
static int add_model(struct citations *citations, const char *name)
{
	const struct spk_neuron_model *const neuron = spk_find_neuron(name);
	const struct spk_source_model *const source = spk_find_source(name);
	const struct spk_plasticity_model *const rule = spk_find_plasticity(name);
	const struct spk_unit_model *const unit = spk_find_unit(name);
	const struct spk_measurement *const measurement = spk_find_measurement(name);
	if (neuron)
		add_keys(citations, neuron->refs);
	if (source)
		add_keys(citations, source->refs);
	if (rule)
		add_keys(citations, rule->refs);
	if (unit)
		add_keys(citations, unit->refs);
	if (measurement)
		add_keys(citations, measurement->refs);
	return neuron || source || rule || unit || measurement;
}

static void add_stack(struct citations *citations, const struct spk_stack *stack)
{
	static const char *const method[] = {"bengio2016", "saxe2014", NULL};
	static const char *const adam[] = {"kingma2015", NULL};
	static const char *const likelihood[] = {"breuleux2011", "theis2016", NULL};
	static const char *const score[] = {"alain2014", NULL};
	if (!stack->on)
		return;
	add_keys(citations, method);
	for (size_t l = 0; l < stack->n_layers; l++)
		add_keys(citations, stack->layers[l].unit->refs);
	if (stack->training.optimiser == SPK_OPTIMISER_ADAM)
		add_keys(citations, adam);
	if (stack->likelihood.on)
		add_keys(citations, likelihood);
	if (stack->score.on)
		add_keys(citations, score);
}

static void add_claim(struct citations *citations, const struct spk_claim *claim)
{
	if (claim->on)
		add_keys(citations, claim->what.measure->refs);
	if (claim->across_measure)
		add_keys(citations, claim->across_measure->refs);
}

static void add_scenario(struct citations *citations, const struct spk_scenario *s)
{
	add_stack(citations, &s->stack);
	for (size_t k = 0; k < s->n_populations; k++)
		add_keys(citations, s->populations[k].neuron ? s->populations[k].neuron->refs
							     : s->populations[k].source->refs);
	for (size_t k = 0; k < s->n_projections; k++) {
		const struct spk_projection *const projection = &s->projections[k];
		if (projection->plasticity)
			add_keys(citations, projection->plasticity->model->refs);
		for (size_t p = 0; p < projection->n_probes; p++)
			add_keys(citations, projection->probes[p].model->refs);
	}
	add_claim(citations, &s->claim);
}

int spk_cmd_cite(int argc, char **argv)
{
	struct spk_args args;
	struct citations citations = {.n = 0};
	spk_args_init(&args, &command, argc, argv);
	const int option = spk_args_next(&args);
	if (option != SPK_ARGS_END)
		return spk_args_exit(option);
	for (size_t k = 0; k < args.n_operands; k++) {
		const struct spk_overrides overrides = {0};
		struct spk_scenario *scenario = NULL;
		const char *const name = spk_args_operand(&args, k);
		if (add_model(&citations, name))
			continue;
		const int code = spk_load(name, &overrides, &scenario);
		if (code)
			return code;
		add_scenario(&citations, scenario);
		spk_scenario_free(scenario);
	}
	for (size_t k = 0; args.n_operands == 0 && spk_references[k].key; k++)
		add_keys(&citations, (const char *const[]){spk_references[k].key, NULL});
	for (size_t k = 0; k < citations.n; k++)
		spk_print_reference(citations.keys[k]);
	if (citations.n == 0)
		puts("Nothing used here has a reference.");
	return SPK_EXIT_DONE;
}
