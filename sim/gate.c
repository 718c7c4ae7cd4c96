#include "sim/gate.h"

static int shares_integrals(const struct spk_plastic *plastic)
{
	return (plastic->needs & SPK_NEEDS_CHANGE) != 0;
}

/*
 * Rules that read the running integrals of one group share them: when the gate of one of them moves, all are
 * settled, those that are open start again from 0, and the group integrates while any of them is open.
 */
static void restart_shared(struct spk_partition *p, size_t member, double t)
{
	const struct spk_member *m = &p->members[member];
	int open = 0;

	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; p->tables[i].to == member && k < p->tables[i].n_plastic; k++) {
			struct spk_plastic *plastic = &p->tables[i].plastic[k];
			if (!shares_integrals(plastic))
				continue;
			spk_plastic_set_gate(plastic, t, p->tables[i].gate);
			spk_plastic_settle(plastic, t);
			open |= plastic->open;
		}
	m->type->gate_change(m->group, t, open);
	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; p->tables[i].to == member && k < p->tables[i].n_plastic; k++)
			if (shares_integrals(&p->tables[i].plastic[k]) && p->tables[i].plastic[k].open)
				spk_plastic_restart_integrals(&p->tables[i].plastic[k], t);
}

/* Bring all rules to the gate of their table. */
static void move_gates(struct spk_partition *p, double t)
{
	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; k < p->tables[i].n_plastic; k++) {
			struct spk_plastic *plastic = &p->tables[i].plastic[k];
			if (plastic->open == p->tables[i].gate)
				continue;
			if (shares_integrals(plastic))
				restart_shared(p, p->tables[i].to, t);
			else
				spk_plastic_set_gate(plastic, t, p->tables[i].gate);
		}
}

void spk_partition_set_gate(struct spk_partition *p, double t, int open)
{
	for (size_t i = 0; i < p->n_tables; i++)
		p->tables[i].gate = open;
	move_gates(p, t);
}

void spk_partition_set_gates(struct spk_partition *p, double t, const unsigned char *open)
{
	for (size_t i = 0; i < p->n_tables; i++)
		p->tables[i].gate = open[i];
	move_gates(p, t);
}

void spk_partition_set_silent(struct spk_partition *p, const unsigned char *silent)
{
	for (size_t i = 0; i < p->n_tables; i++)
		p->tables[i].is_silent = silent[i];
}
