/* Which group a population runs in, as far as the scenario decides. */
#include "sim/group_general.h"
#include "sim/member.h"

int spk_values_are_constant(const struct spk_value *values, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (values[k].law != SPK_CONSTANT)
			return 0;
	return 1;
}

/* Currents reach the population, those of inputs or of the protocol. */
static int has_currents(const struct spk_scenario *sc, size_t population)
{
	const struct spk_protocol *protocol = &sc->protocol;

	for (size_t k = 0; k < sc->n_inputs; k++)
		if (sc->inputs[k].kind == SPK_INPUT_CURRENT && spk_input_targets(&sc->inputs[k], population))
			return 1;
	for (size_t k = 0; protocol->on && k < protocol->n_phases; k++)
		if (protocol->phases[k].clamp.on && protocol->phases[k].clamp.population == population)
			return 1;
	return protocol->on && protocol->objective.on && protocol->objective.population == population;
}

static int is_among(const struct spk_subset *subset, size_t k)
{
	for (size_t i = 0; i < subset->n; i++)
		if (subset->list[i] == k)
			return 1;
	return subset->all;
}

static int is_reset(const struct spk_scenario *sc, size_t population)
{
	const struct spk_protocol *protocol = &sc->protocol;

	for (size_t k = 0; protocol->on && k < protocol->n_phases; k++)
		if (is_among(&protocol->phases[k].reset, population))
			return 1;
	return protocol->on && is_among(&protocol->reset, population);
}

int spk_member_is_driven(const struct spk_scenario *sc, size_t population)
{
	return has_currents(sc, population) || is_reset(sc, population);
}

unsigned spk_member_reads(const struct spk_scenario *sc, size_t population)
{
	const unsigned mask = SPK_NEEDS_U | SPK_NEEDS_CHANGE | SPK_NEEDS_V_CHANGE | SPK_NEEDS_GATE_U_BAR;
	const int keeps_u = sc->populations[population].keep_u || spk_member_is_driven(sc, population);
	unsigned reads = keeps_u ? SPK_NEEDS_U : 0;

	for (size_t k = 0; k < sc->n_projections; k++) {
		const struct spk_projection *p = &sc->projections[k];
		if (p->to != population)
			continue;
		if (p->plasticity)
			reads |= p->plasticity->model->needs(p->plasticity->params) & mask;
		for (size_t i = 0; i < p->n_probes; i++)
			reads |= p->probes[i].model->needs(p->probes[i].params) & mask;
	}
	return reads & SPK_NEEDS_GATE_U_BAR ? (reads & ~(unsigned)SPK_NEEDS_GATE_U_BAR) | SPK_NEEDS_U : reads;
}

/* Fast groups start from resting states but for the potential and the synaptic currents. */
static int starts_plainly(const struct spk_population *pop)
{
	const enum spk_neuron_state states[] = {SPK_I_EXT, SPK_REFRACTORY};

	for (size_t k = 0; k < sizeof states / sizeof *states; k++)
		if (pop->initial[states[k]].law != SPK_CONSTANT || pop->initial[states[k]].a != 0)
			return 0;
	return 1;
}

static int is_bulk(const struct spk_input *input)
{
	return input->kind == SPK_INPUT_POISSON && input->neurons.n == 0 && input->rate.law == SPK_CONSTANT;
}

/*
 * Where the potential is read at arrivals, inputs must come one by one, in the order of time: the engine's
 * streams bring them. Otherwise the group draws them in bulk, if it can.
 */
static int can_take(const struct spk_group_type *type, const struct spk_input *input, unsigned reads)
{
	if (input->kind == SPK_INPUT_CURRENT)
		return type->set_current != NULL;
	return input->kind == SPK_INPUT_POISSON && (reads || (is_bulk(input) && type->set_rate));
}

const struct spk_group_type *spk_member_type(const struct spk_scenario *sc, size_t population)
{
	const unsigned reads = spk_member_reads(sc, population);
	const struct spk_population *pop = &sc->populations[population];
	const struct spk_group_type *type = pop->neuron->group;

	if (!type || !spk_values_are_constant(pop->params, pop->neuron->n_params) || !starts_plainly(pop) ||
		(reads && !type->can_keep) || (has_currents(sc, population) && !type->set_current) ||
		(is_reset(sc, population) && !type->reset))
		return &spk_group_general;
	for (size_t k = 0; k < sc->n_inputs; k++)
		if (spk_input_targets(&sc->inputs[k], population) && !can_take(type, &sc->inputs[k], reads))
			return &spk_group_general;
	return type;
}

int spk_population_keeps_u(const struct spk_scenario *sc, size_t population)
{
	return spk_member_reads(sc, population) || spk_member_type(sc, population) == &spk_group_general;
}
