/** From a network of the engine to the lists that the plain engine takes. */
#ifndef SPIKEM_TESTS_PLAIN_NET_H
#define SPIKEM_TESTS_PLAIN_NET_H

#include "tests/net.h"
#include "tests/plain.h"

#include "sim/group_general.h"
#include "sim/member.h"

/** Parameter of a neuron by name; 0 when the model has none of that name. */
static inline double plain_param(const struct spk_member *m, uint32_t local, const char *name)
{
	const struct spk_neuron_model *model = m->population->neuron;
	for (size_t k = 0; k < model->n_params; k++)
		if (strcmp(model->params[k].name, name) == 0)
			return spk_member_param(m, m->partition->scenario->seed, k, local);
	return 0;
}

static inline struct plain_neuron plain_neuron_of(const struct spk_member *m, uint32_t local)
{
	const double *initial = m->initial + local * m->population->neuron->n_states;
	return (struct plain_neuron){.jumps = strcmp(m->population->neuron->name, "lif_delta") == 0,
		.alpha = strcmp(m->population->neuron->name, "lif_alpha") == 0,
		.tau_m = plain_param(m, local, "tau_m"),
		.C_m = plain_param(m, local, "C_m"),
		.E_L = plain_param(m, local, "E_L"),
		.V_th = plain_param(m, local, "V_th"),
		.V_reset = plain_param(m, local, "V_reset"),
		.t_ref = plain_param(m, local, "t_ref"),
		.I_e = plain_param(m, local, "I_e"),
		.tau_ex = plain_param(m, local, "tau_syn_ex"),
		.tau_in = plain_param(m, local, "tau_syn_in"),
		.V = initial[SPK_V_M]};
}

static inline void plain_add_edge(struct plain *p, size_t *capacity, struct plain_edge edge)
{
	if (p->n_edges == *capacity) {
		*capacity = 2 * *capacity + 1024;
		p->edges = realloc(p->edges, *capacity * sizeof *p->edges);
	}
	p->edges[p->n_edges++] = edge;
}

/** All neurons and edges of a network as it stands, before or after its run (weights as they are). */
static inline struct plain plain_of(const struct net *net)
{
	const struct spk_network *network = &net->sim->engine.network;
	struct plain p = {.n_neurons = network->first_id[net->scenario->n_populations]};
	size_t capacity = 0;
	p.neurons = calloc(p.n_neurons + 1, sizeof *p.neurons);
	for (uint32_t i = 0; i < network->n_partitions; i++) {
		const struct spk_partition *part = &network->partitions[i];
		for (size_t k = 0; k < part->n_members; k++)
			for (uint32_t j = 0;
				part->members[k].type && j < part->members[k].hi - part->members[k].lo; j++)
				p.neurons[part->members[k].first_id + j] =
					plain_neuron_of(&part->members[k], j);
		for (size_t k = 0; k < part->n_tables; k++) {
			const struct spk_table *table = &part->tables[k].table;
			const uint32_t first = part->members[part->tables[k].to].first_id;
			for (uint64_t row = 0; row < table->n_rows; row++) {
				struct spk_targets targets = spk_table_targets(table, row);
				for (uint32_t j = table->rows[row].first;
					j < table->rows[row].first + table->rows[row].n; j++)
					plain_add_edge(&p, &capacity,
						(struct plain_edge){part->tables[k].first_source +
									    table->source_of_row[row],
							first + spk_targets_next(&targets),
							spk_table_weight(table, j),
							spk_table_delay(table, row, j)});
			}
		}
	}
	plain_index(&p);
	return p;
}

#endif
