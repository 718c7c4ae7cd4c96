#include "sim/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/member.h"
#include "sim/source.h"

static int compare_changes(const void *left, const void *right)
{
	const struct spk_change *a = left, *b = right;

	if (a->elapsed != b->elapsed)
		return a->elapsed < b->elapsed ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void add_changes(struct spk_timetable *table, const struct spk_schedule *schedule, double start,
	enum spk_change_kind kind, size_t index)
{
	for (size_t k = 0; k < schedule->n; k++)
		table->changes[table->n++] = (struct spk_change){
			fmax(0, schedule->times[k] - start), kind, index, schedule->values[k]};
}

int spk_timetable_create(
	const struct spk_scenario *sc, struct spk_timetable *ret_table, struct spk_error *err)
{
	struct spk_timetable table = {0};
	size_t n = 1;

	for (size_t k = 0; k < sc->n_inputs; k++)
		n += sc->inputs[k].schedule.n;
	for (size_t k = 0; k < sc->n_populations; k++)
		n += sc->populations[k].rate.n;
	table.changes = calloc(n, sizeof *table.changes);
	table.currents = calloc(sc->n_inputs + 1, sizeof *table.currents);
	if (!table.changes || !table.currents) {
		spk_timetable_clear(&table);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for schedules");
	}
	for (size_t k = 0; k < sc->n_inputs; k++)
		add_changes(&table, &sc->inputs[k].schedule, sc->start,
			sc->inputs[k].kind == SPK_INPUT_POISSON ? SPK_CHANGE_INPUT_RATE : SPK_CHANGE_CURRENT,
			k);
	for (size_t k = 0; k < sc->n_populations; k++)
		add_changes(&table, &sc->populations[k].rate, sc->start, SPK_CHANGE_SOURCE_RATE, k);
	qsort(table.changes, table.n, sizeof *table.changes, compare_changes);
	*ret_table = table;
	return SPK_OK;
}

void spk_timetable_clear(struct spk_timetable *table)
{
	free(table->changes);
	free(table->currents);
	memset(table, 0, sizeof *table);
}

double spk_timetable_next(const struct spk_timetable *table)
{
	return table->next < table->n ? table->changes[table->next].elapsed : HUGE_VAL;
}

/* The Poisson inputs that a group draws itself are numbered in the order of the scenario. */
static size_t place_in_group(const struct spk_scenario *sc, size_t input, const struct spk_member *m)
{
	size_t place = 0;

	for (uint32_t k = 0; k < input; k++)
		place += spk_input_targets(&sc->inputs[k], m->index) && spk_input_is_drawn_by_group(sc, k, m);
	return place;
}

static double copies_of(const struct spk_scenario *sc, size_t population)
{
	return (double)sc->populations[population].copies;
}

static void set_input_rate(struct spk_engine *e, size_t input, double rate)
{
	const struct spk_scenario *sc = e->network.scenario;

	for (uint32_t i = 0; i < e->network.n_partitions; i++) {
		struct spk_partition *p = &e->network.partitions[i];
		for (size_t k = 0; k < p->n_streams; k++)
			if (p->streams[k].number == input)
				spk_stream_set_rate(
					&p->streams[k], e->t, rate * copies_of(sc, p->streams[k].member));
		for (size_t k = 0; k < sc->inputs[input].n_targets; k++) {
			const size_t population = sc->inputs[input].targets[k];
			struct spk_member *m = &p->members[population];
			if (spk_input_is_drawn_by_group(sc, (uint32_t)input, m))
				m->type->set_rate(m->group, place_in_group(sc, input, m),
					rate * copies_of(sc, population));
		}
	}
}

/* I_ext of a neuron is the sum of all current inputs onto it, and of what is added. */
static double current_of(
	const struct spk_timetable *table, const struct spk_scenario *sc, size_t population, uint64_t neuron)
{
	const uint64_t unit = neuron / sc->populations[population].copies;
	double sum = 0;

	for (size_t k = 0; k < sc->n_inputs; k++)
		for (size_t i = 0; sc->inputs[k].kind == SPK_INPUT_CURRENT && i < sc->inputs[k].n_targets;
			i++)
			if (sc->inputs[k].targets[i] == population &&
				spk_selection_has(&sc->inputs[k].neurons, unit))
				sum += table->currents[k];
	return table->added ? sum + table->added(table->user, population, neuron) : sum;
}

static void set_neuron(
	const struct spk_timetable *table, struct spk_engine *e, const struct spk_member *m, uint64_t neuron)
{
	m->type->set_current(m->group, (uint32_t)(neuron - m->lo), e->t,
		current_of(table, e->network.scenario, m->index, neuron));
}

static void set_current(const struct spk_timetable *table, struct spk_engine *e, size_t input)
{
	const struct spk_scenario *sc = e->network.scenario;

	for (uint32_t i = 0; i < e->network.n_partitions; i++)
		for (size_t k = 0; k < sc->inputs[input].n_targets; k++) {
			const struct spk_member *m =
				&e->network.partitions[i].members[sc->inputs[input].targets[k]];
			for (uint64_t n = m->lo; n < m->hi; n++)
				if (spk_selection_has(&sc->inputs[input].neurons, n / m->population->copies))
					set_neuron(table, e, m, n);
		}
}

void spk_timetable_set_currents(const struct spk_timetable *table, struct spk_engine *e, size_t population)
{
	for (uint32_t i = 0; i < e->network.n_partitions; i++) {
		const struct spk_member *m = &e->network.partitions[i].members[population];
		for (uint64_t n = m->lo; n < m->hi; n++)
			set_neuron(table, e, m, n);
	}
}

void spk_timetable_apply(struct spk_timetable *table, struct spk_engine *e)
{
	const double now = spk_engine_elapsed(e);

	for (; table->next < table->n && table->changes[table->next].elapsed <= now; table->next++) {
		const struct spk_change *change = &table->changes[table->next];
		switch (change->kind) {
		case SPK_CHANGE_INPUT_RATE:
			set_input_rate(e, change->index, change->value);
			break;
		case SPK_CHANGE_CURRENT:
			table->currents[change->index] = change->value;
			set_current(table, e, change->index);
			break;
		case SPK_CHANGE_SOURCE_RATE:
			for (uint32_t i = 0; i < e->network.n_partitions; i++)
				spk_source_set_rate(&e->network.partitions[i].members[change->index], e->t,
					change->value);
			break;
		}
	}
}

int spk_timetable_run(
	struct spk_timetable *table, struct spk_engine *engine, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	while (!rc) {
		const double now = spk_engine_elapsed(engine);
		spk_timetable_apply(table, engine);
		if (now >= elapsed)
			break;
		rc = spk_engine_run(engine, fmin(elapsed, spk_timetable_next(table)), err);
	}
	return rc;
}
