/*
 * Everything known about a model, from the tables that the engine and the scenario reader use.
 */
#include "tools/args.h"
#include "tools/commands.h"
#include "tools/references.h"
#include <math.h>
#include <spikem/measure.h>
#include <spikem/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct spk_command command = {
	.name = "describe",
	.synopsis = "NAME...",
	.summary = "Print equations, parameters, states and references of models and measurements",
	.text = "NAME is a neuron, source or plasticity model, a rate unit or a measurement; 'spikem list' "
		"has all "
		"names.\n",
	.min_operands = 1,
	.max_operands = 1000,
};

static const struct {
	unsigned bit;
	const char *text;
} need_texts[] = {
	{SPK_NEEDS_POST_SPIKES, "the target's spike times"},
	{SPK_NEEDS_U, "the target's reset-free potential u, its low-pass copy and du/dt at each arrival"},
	{SPK_NEEDS_CHANGE, "running integrals of the target's change of u"},
	{SPK_NEEDS_V_CHANGE, "running integrals of the target's change of V_m"},
	{SPK_NEEDS_BOUNDARY, "a call at each opening and closing of the gate"},
	{SPK_NEEDS_GATE_FACTOR, "u_bar of the target as the gate opens"},
	{SPK_NEEDS_GATE_U_BAR, "u_bar of the target as the gate opens and as it closes"},
	{SPK_NEEDS_CLOSING, "a gate that closes: weights change then and at no other time"},
	{SPK_NEEDS_BOUNDS, "finite bounds of the weight"},
};

/* Print a text of several lines with two blanks before each. */
static void print_indented(const char *text)
{
	while (*text) {
		const size_t length = strcspn(text, "\n");
		printf("%s%.*s\n", length ? "  " : "", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void print_words(const char *const *words)
{
	for (size_t k = 0; words[k]; k++)
		printf("%s%s", k ? " | " : "", words[k]);
}

static void print_default(const struct spk_field *field, const char *when_nan)
{
	if (isnan(field->def))
		printf("%s", when_nan);
	else if (field->choices)
		printf("%s", field->choices[(size_t)field->def]);
	else
		printf("%.10g%s%s", field->def, field->dim == SPK_DIM_NONE ? "" : " ",
			spk_dim_unit(field->dim));
}

static void print_range(const struct spk_field *field)
{
	if (field->choices) {
		print_words(field->choices);
		return;
	}
	const int below = isfinite(field->lo), above = isfinite(field->hi);
	if (below && above)
		printf("%s%.10g, %.10g]", field->lo_open ? "(" : "[", field->lo, field->hi);
	else if (below)
		printf("%s %.10g", field->lo_open ? ">" : ">=", field->lo);
	else if (above)
		printf("<= %.10g", field->hi);
	else
		printf("any");
}

static void print_params(const struct spk_field *fields, size_t n)
{
	if (n)
		printf("\nParameters (name, default, range)\n");
	for (size_t k = 0; k < n; k++) {
		printf("  %s = ", fields[k].name);
		print_default(&fields[k], "must be given");
		if (isnan(fields[k].def) && fields[k].dim != SPK_DIM_NONE)
			printf(", in %s", spk_dim_unit(fields[k].dim));
		printf("; ");
		print_range(&fields[k]);
		printf("\n      %s\n", fields[k].doc);
	}
}

static void print_states(const struct spk_field *fields, size_t n)
{
	if (n)
		printf("\nStates (name, value at the start)\n");
	for (size_t k = 0; k < n; k++) {
		printf("  %s = ", fields[k].name);
		print_default(&fields[k], "resting value");
		if (isnan(fields[k].def) && fields[k].dim != SPK_DIM_NONE)
			printf(", in %s", spk_dim_unit(fields[k].dim));
		printf("\n      %s\n", fields[k].doc);
	}
}

static void print_head(const char *name, const char *kind, const char *summary, const char *equations)
{
	printf("%s: %s\n%s\n\n", name, kind, summary);
	print_indented(equations);
}

static void print_references(const char *const *keys)
{
	if (keys && keys[0])
		printf("\nReferences\n");
	for (size_t k = 0; keys && keys[k]; k++)
		spk_print_reference(keys[k]);
}

static int describe_neuron(const char *name)
{
	const struct spk_neuron_model *const m = spk_find_neuron(name);
	if (!m)
		return 0;
	print_head(m->name, "neuron model", m->summary, m->equations);
	printf("\nA synaptic weight is in %s.\n", spk_dim_unit(m->weight_dim));
	print_params(m->params, m->n_params);
	print_states(m->states, m->n_states);
	print_references(m->refs);
	return 1;
}

static int describe_source(const char *name)
{
	const struct spk_source_model *const m = spk_find_source(name);
	if (!m)
		return 0;
	print_head(m->name, "spike source", m->summary, m->equations);
	if (m->takes_spikes)
		printf("\nIts spikes are given in the scenario, inline or as a file.\n");
	print_params(m->params, m->n_params);
	print_references(m->refs);
	return 1;
}

static void print_need_bits(unsigned needs)
{
	unsigned printed = 0;
	for (size_t k = 0; k < sizeof need_texts / sizeof *need_texts; k++)
		if (needs & need_texts[k].bit)
			printf("%s%s", printed++ ? "; " : "", need_texts[k].text);
	printf("%s\n", printed ? "" : "nothing");
}

/* The first parameter whose word decides what the rule needs; n_params if none does. */
static size_t find_deciding_choice(const struct spk_plasticity_model *m, double *par)
{
	const unsigned needs = m->needs(par);
	for (size_t k = 0; k < m->n_params; k++) {
		const double by_default = par[k];
		int decides = 0;
		for (size_t w = 0; m->params[k].choices && m->params[k].choices[w]; w++) {
			par[k] = (double)w;
			decides |= m->needs(par) != needs;
		}
		par[k] = by_default;
		if (decides)
			return k;
	}
	return m->n_params;
}

/* What the rule needs beyond presynaptic arrivals: a fact of its code, asked from it. */
static int print_needs(const struct spk_plasticity_model *m)
{
	double *const par = calloc(m->n_params + m->n_derived + 1, sizeof *par);
	if (!par)
		return -1;
	for (size_t k = 0; k < m->n_params; k++)
		par[k] = isnan(m->params[k].def) ? 0 : m->params[k].def;
	const size_t choice = find_deciding_choice(m, par);
	printf("\nNeeds at the synapse, besides presynaptic arrivals\n");
	if (choice == m->n_params) {
		printf("  ");
		print_need_bits(m->needs(par));
	}
	for (size_t w = 0; choice < m->n_params && m->params[choice].choices[w]; w++) {
		par[choice] = (double)w;
		printf("  %s = %s: ", m->params[choice].name, m->params[choice].choices[w]);
		print_need_bits(m->needs(par));
	}
	free(par);
	return 0;
}

static int describe_plasticity(const char *name)
{
	const struct spk_plasticity_model *const m = spk_find_plasticity(name);
	if (!m)
		return 0;
	print_head(m->name, "plasticity rule", m->summary, m->equations);
	print_params(m->params, m->n_params);
	if (m->needs && print_needs(m))
		return -1;
	if (m->n_syn_states)
		printf("\nIt keeps %zu number%s for each synapse besides the weight.\n", m->n_syn_states,
			m->n_syn_states == 1 ? "" : "s");
	print_references(m->refs);
	return 1;
}

static void print_inputs(const struct spk_measure_input *inputs, size_t n)
{
	printf("\nInputs (under `of:` of a claim)\n");
	for (size_t k = 0; k < n; k++)
		printf("  %s%s\n      %s\n", inputs[k].name, inputs[k].optional ? " (may be left out)" : "",
			inputs[k].doc);
}

static int describe_measurement(const char *name)
{
	const struct spk_measurement *const m = spk_find_measurement(name);
	if (!m)
		return 0;
	print_head(m->name, "measurement", m->summary, m->estimator);
	print_inputs(m->inputs, m->n_inputs);
	print_params(m->params, m->n_params);
	print_references(m->refs);
	return 1;
}

static void print_bound(double bound)
{
	if (isfinite(bound))
		printf("%.10g", bound);
	else
		printf("%sinfinity", bound < 0 ? "-" : "");
}

static int describe_unit(const char *name)
{
	const struct spk_unit_model *const m = spk_find_unit(name);
	if (!m)
		return 0;
	print_head(m->name, "rate unit", m->summary, m->equations);
	printf("\nIts values lie between ");
	print_bound(m->lo);
	printf(" and ");
	print_bound(m->hi);
	printf(".\n");
	print_references(m->refs);
	return 1;
}

static int say_unknown(const char *name)
{
	enum { MAX_NAMES = 256 };
	const char *names[MAX_NAMES];
	size_t n = 0;
	for (size_t k = 0; spk_neuron_models[k] && n < MAX_NAMES; k++)
		names[n++] = spk_neuron_models[k]->name;
	for (size_t k = 0; spk_source_models[k] && n < MAX_NAMES; k++)
		names[n++] = spk_source_models[k]->name;
	for (size_t k = 0; spk_plasticity_models[k] && n < MAX_NAMES; k++)
		names[n++] = spk_plasticity_models[k]->name;
	for (size_t k = 0; spk_unit_models[k] && n < MAX_NAMES; k++)
		names[n++] = spk_unit_models[k]->name;
	for (size_t k = 0; spk_measurements[k] && n < MAX_NAMES; k++)
		names[n++] = spk_measurements[k]->name;
	const char *const nearest = spk_nearest(name, n, names);
	return spk_args_mistake(&command, "no model is called '%s'; %s%s%s", name,
		nearest ? "did you mean '" : "", nearest ? nearest : "'spikem list' has all names",
		nearest ? "'?" : "");
}

int spk_cmd_describe(int argc, char **argv)
{
	struct spk_args args;
	spk_args_init(&args, &command, argc, argv);
	const int option = spk_args_next(&args);
	if (option != SPK_ARGS_END)
		return spk_args_exit(option);
	for (size_t k = 0; k < args.n_operands; k++) {
		const char *const name = spk_args_operand(&args, k);
		if (k)
			putchar('\n');
		const int neuron = describe_neuron(name);
		const int source = describe_source(name);
		const int plasticity = describe_plasticity(name);
		const int unit = describe_unit(name);
		const int measurement = describe_measurement(name);
		if (plasticity < 0)
			return spk_print_error(&(struct spk_error){.status = SPK_E_NOMEM});
		if (neuron + source + plasticity + unit + measurement == 0)
			return say_unknown(name);
	}
	return SPK_EXIT_DONE;
}
