#include "sim/partition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/source.h"

int spk_fired_append(struct spk_fired_list *list, double t, uint32_t id)
{
	if (list->n == list->capacity) {
		const size_t capacity = list->capacity ? 2 * list->capacity : 256;
		struct spk_fired *items = realloc(list->items, capacity * sizeof *items);
		if (!items)
			return SPK_E_NOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->n++] = (struct spk_fired){t, id};
	return SPK_OK;
}

static struct spk_arrival next_row(const struct spk_partition *p, const struct spk_arrival *a)
{
	struct spk_arrival next = *a;
	const struct spk_row *row = &p->tables[a->table].table.rows[++next.row];

	spk_partition_set_arrival(p, &next, row, row->delay);
	return next;
}

/* Housekeeping of the rules, at the start of a cell: all spikes before it have been exchanged. */
static void tend_rules(struct spk_partition *p, double t)
{
	int due = 0;

	for (size_t i = 0; i < p->n_tables; i++) {
		for (size_t k = 0; k < p->tables[i].n_plastic; k++) {
			spk_plastic_tend(&p->tables[i].plastic[k], t);
			due = due || spk_plastic_is_due(&p->tables[i].plastic[k], t);
		}
	}
	if (!due)
		return;
	spk_partition_settle(p, t);
	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; k < p->tables[i].n_plastic; k++)
			spk_plastic_restart(&p->tables[i].plastic[k], t);
}

/* Now and then: a rule whose weights grow without bound would end in numbers that are none. */
static int check_weights(const struct spk_partition *p, uint64_t cell, struct spk_error *err)
{
	enum { EPOCHS_A_CHECK = 16 };

	if (cell != p->lattice.epoch_cell || p->epochs % EPOCHS_A_CHECK)
		return SPK_OK;
	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; k < p->tables[i].n_plastic; k++)
			if (spk_plastic_has_diverged(&p->tables[i].plastic[k]))
				return spk_fail(err, SPK_E_NUMERIC,
					"the weights of %s have diverged: the rule %s needs a smaller step, "
					"or bounds",
					p->scenario->projections[i].name, p->tables[i].plastic[k].rule->name);
	return SPK_OK;
}

int spk_partition_reopen(struct spk_partition *p, uint64_t cell, struct spk_error *err)
{
	int rc = spk_calendar_open(&p->calendar, cell, err);

	/* A spike waits with its nearest row; the others of this cell join it now. */
	for (size_t k = 0; !rc && k < p->calendar.open.n; k++) {
		struct spk_arrival *a = &p->calendar.open.items[k];
		if (a->kind != SPK_AT_SOMA || a->row + 1 >= a->row_end)
			continue;
		const struct spk_arrival next = next_row(p, a);
		a->row_end = a->row + 1;
		rc = next.cell == cell ? spk_calendar_add_open(&p->calendar, &next, err)
				       : spk_calendar_push(&p->calendar, &next, err);
	}
	spk_calendar_sort(&p->calendar);
	p->cell = cell;
	p->cursor = 0;
	spk_singles_open(&p->singles, cell);
	return rc;
}

int spk_partition_open(struct spk_partition *p, uint64_t cell, struct spk_error *err)
{
	const int rc = spk_partition_reopen(p, cell, err);

	tend_rules(p, (double)(cell - p->lattice.epoch_cell) * p->lattice.cell_ms);
	return rc ? rc : check_weights(p, cell, err);
}

static struct spk_bundle make_bundle(const struct spk_table *table, const struct spk_arrival *a)
{
	return (struct spk_bundle){.t = a->t,
		.n = a->n,
		.target = table->target + a->first,
		.in_order = table->in_order,
		.shared = table->shared,
		.f32 = table->f32 && !a->weights ? table->f32 + a->first : NULL,
		.f64 = a->weights   ? a->weights
		       : table->f64 ? table->f64 + a->first
				    : NULL};
}

static void deliver_row(struct spk_partition *p, struct spk_arrival *a)
{
	struct spk_synapses *s = &p->tables[a->table];
	const struct spk_member *to = &p->members[s->to];
	const struct spk_bundle bundle = make_bundle(&s->table, a);
	const int has_form = s->n_plastic && s->plastic[0].has_form;

	if (s->n_plastic && !a->weights) {
		if (s->reads_spikes)
			to->type->settle(to->group, a->t, bundle.n, bundle.target);
		for (size_t k = (size_t)has_form; k < s->n_plastic; k++)
			spk_plastic_arrive(&s->plastic[k], a->row, a->t);
	}
	if (has_form)
		spk_plastic_deliver(&s->plastic[0], a->row, a->t);
	else
		to->type->deliver(to->group, &bundle);
	p->synaptic_events += bundle.n;
	if (a->weights) {
		free(a->weights);
		a->weights = NULL;
	}
}

static int is_in_open_cell(const struct spk_partition *p, const struct spk_arrival *a)
{
	return a->cell == p->cell;
}

/* Put an entry where it belongs: its later cell, or the rest of the open one. */
static int schedule(struct spk_partition *p, const struct spk_arrival *a, struct spk_error *err)
{
	return is_in_open_cell(p, a) ? spk_calendar_insert(&p->calendar, p->cursor, a, err)
				     : spk_calendar_push(&p->calendar, a, err);
}

/* The spike passes plastic synapses: change them, and send the weights of this moment down the dendrite. */
static int pass_synapses(struct spk_partition *p, const struct spk_arrival *a, struct spk_error *err)
{
	struct spk_synapses *s = &p->tables[a->table];
	const struct spk_row *row = &s->table.rows[a->row];
	struct spk_arrival at_soma = *a;

	for (size_t k = 0; k < s->n_plastic; k++)
		spk_plastic_arrive(&s->plastic[k], a->row, a->t);
	at_soma.kind = SPK_AT_SOMA;
	spk_partition_set_arrival(p, &at_soma, row, row->delay);
	at_soma.weights = malloc((row->n + 1) * sizeof *at_soma.weights);
	if (!at_soma.weights)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for spikes on their way");
	for (uint32_t k = 0; k < row->n; k++)
		at_soma.weights[k] = spk_table_weight(&s->table, row->first + k);
	const int rc = schedule(p, &at_soma, err);
	if (rc)
		free(at_soma.weights);
	return rc;
}

/* Hand out the single events onto a population that come before (t, source). */
static void deliver_singles(struct spk_partition *p, size_t member, double t, uint32_t source)
{
	const struct spk_member *to = &p->members[member];
	size_t inputs;
	const struct spk_volley v = spk_singles_take(&p->singles, member, t, source, &inputs);

	p->synaptic_events += v.n - inputs;
	p->input_events += inputs;
	if (v.n > 0 && to->type->deliver_each) {
		to->type->deliver_each(to->group, &v);
		return;
	}
	for (size_t k = 0; k < v.n; k++) {
		const struct spk_bundle one = {
			.t = v.t[k], .n = 1, .target = v.target + k, .f64 = v.weight + k};
		to->type->deliver(to->group, &one);
	}
}

static int process(struct spk_partition *p, struct spk_arrival *a, struct spk_error *err)
{
	if (spk_singles_wait(&p->singles, p->tables[a->table].to))
		deliver_singles(p, p->tables[a->table].to, a->t, a->source);
	switch ((enum spk_arrival_kind)a->kind) {
	case SPK_AT_SOMA:
		deliver_row(p, a);
		return SPK_OK;
	case SPK_AT_SYNAPSE: {
		const struct spk_synapses *s = &p->tables[a->table];
		const struct spk_member *to = &p->members[s->to];
		const struct spk_row *row = &s->table.rows[a->row];
		const struct spk_arrival copy = *a; /* the open cell may move */
		to->type->settle(to->group, a->t, row->n, s->table.target + row->first);
		return pass_synapses(p, &copy, err);
	}
	}
	return spk_fail(err, SPK_E_INVALID, "unknown kind of event");
}

/* Input events that come one by one join the single events. */
static int begin_singles(struct spk_partition *p, const struct spk_stretch *s, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; k < p->n_members; k++)
		p->members[k].inputs.n = 0;
	for (size_t k = 0; k < p->n_streams; k++)
		if (spk_stream_run(&p->streams[k], s->b, &p->members[p->streams[k].member].inputs))
			return spk_fail(err, SPK_E_NOMEM, "out of memory for input events");
	for (size_t k = 0; !rc && k < p->n_members; k++)
		rc = spk_singles_begin(&p->singles, &p->lattice, k, s->a, s->b, &p->members[k].inputs, err);
	return rc;
}

/* Rows lie far apart in memory: have the start of later ones fetched while this one is delivered. */
static void fetch_ahead(const struct spk_partition *p)
{
	enum { LINES = 6, AHEAD = 4 };
	const struct spk_arrival *items = p->calendar.open.items;

	if (p->cursor + AHEAD < p->calendar.open.n) {
		const struct spk_arrival *later = &items[p->cursor + AHEAD];
		const struct spk_synapses *s = &p->tables[later->table];
		const char *target = (const char *)(s->table.target + later->first);
		if (p->members[s->to].type->collects)
			return;
		for (int k = 0; k < LINES; k++)
			__builtin_prefetch(target + 64 * k);
	}
}

/* The next entry of the queue before t, or NULL. */
static struct spk_arrival *take_next(struct spk_partition *p, double t)
{
	struct spk_arrival *queued =
		p->cursor < p->calendar.open.n ? &p->calendar.open.items[p->cursor] : NULL;

	if (queued && queued->t >= t)
		queued = NULL;
	p->cursor += queued != NULL;
	fetch_ahead(p);
	return queued;
}

int spk_partition_begin(struct spk_partition *p, const struct spk_stretch *s, struct spk_error *err)
{
	p->next_sample = 0;
	for (size_t k = 0; k < p->n_members; k++) {
		struct spk_member *m = &p->members[k];
		if (m->type)
			m->type->begin(m->group, s->a, s->b);
		else if (spk_source_run(m, s->a, s->b, p->epoch))
			return spk_fail(err, SPK_E_NOMEM, "out of memory for spikes");
	}
	return begin_singles(p, s, err);
}

int spk_partition_advance(
	struct spk_partition *p, const struct spk_stretch *s, double t, struct spk_error *err)
{
	int rc = SPK_OK;

	while (!rc) {
		struct spk_arrival *a = take_next(p, t);
		const double limit = a ? a->t : t;
		while (!rc && p->next_sample < s->n_samples && s->samples[p->next_sample].t < limit) {
			const struct spk_sample_time *sample = &s->samples[p->next_sample++];
			deliver_singles(
				p, p->samplers[sample->record].member, nextafter(sample->t, HUGE_VAL), 0);
			rc = spk_partition_sample(p, sample, err);
		}
		if (!a || rc)
			break;
		rc = process(p, a, err);
	}
	for (size_t k = 0; !rc && k < p->n_members; k++)
		deliver_singles(p, k, t, 0);
	return rc;
}

int spk_partition_finish(struct spk_partition *p, struct spk_error *err)
{
	for (size_t k = 0; k < p->n_members; k++)
		if (p->members[k].type && p->members[k].type->finish(p->members[k].group))
			return spk_fail(err, SPK_E_NOMEM, "out of memory for input events");
	return p->status ? spk_fail(err, p->status, "out of memory for spikes") : SPK_OK;
}

int spk_partition_pause(struct spk_partition *p, double t, struct spk_error *err)
{
	for (size_t k = 0; k < p->n_members; k++) {
		const struct spk_member *m = &p->members[k];
		if (m->type && m->pauses)
			m->type->settle(m->group, t, m->hi - m->lo, NULL);
	}
	return p->status ? spk_fail(err, p->status, "out of memory for spikes") : SPK_OK;
}

static struct spk_single_row single_row(
	const struct spk_synapses *s, uint32_t number, const struct spk_fired *f)
{
	const struct spk_table *t = &s->table;
	const struct spk_row *row = &t->rows[number];

	return (struct spk_single_row){.member = s->to,
		.t = f->t,
		.source = f->id,
		.n = row->n,
		.delay = t->delay + row->first,
		.code = t->code + t->code_of_row[number],
		.shared = t->shared,
		.f32 = t->f32 ? t->f32 + row->first : NULL,
		.f64 = t->f64 ? t->f64 + row->first : NULL};
}

/* Send one spike on its way through one table. */
static int send(
	struct spk_partition *p, uint32_t table, const struct spk_fired *f, double now, struct spk_error *err)
{
	const struct spk_synapses *s = &p->tables[table];
	const uint32_t source = f->id - s->first_source;
	const uint32_t first = s->table.row_of[source], last = s->table.row_of[source + 1];
	struct spk_arrival a = {.t_spike = f->t,
		.epoch = p->epochs,
		.source = f->id,
		.table = table,
		.row = first,
		.row_end = last};
	int rc = SPK_OK;

	if (first == last)
		return SPK_OK;
	if (s->table.delay) {
		const struct spk_single_row row = single_row(s, first, f);
		return spk_singles_send(&p->singles, &p->lattice, &row, err);
	}
	if (!s->n_plastic || !(s->plastic[0].max_dendritic > 0)) {
		spk_partition_set_arrival(p, &a, &s->table.rows[first], s->table.rows[first].delay);
		return schedule(p, &a, err);
	}
	for (a.kind = SPK_AT_SYNAPSE; !rc && a.row < last; a.row++) {
		const struct spk_row *row = &s->table.rows[a.row];
		a.row_end = a.row + 1;
		spk_partition_set_arrival(p, &a, row, row->delay - row->dendritic);
		rc = a.t < now ? spk_calendar_late(&p->calendar, &a, err) : schedule(p, &a, err);
	}
	return rc;
}

/* The same where all places of the source stand at `place`, those of the next one `n_tables` behind. */
static int send_from(struct spk_partition *p, uint32_t table, const struct spk_row_place *place,
	uint32_t n_tables, const struct spk_fired *f, struct spk_error *err)
{
	const struct spk_row_place *end = place + n_tables;
	const struct spk_row row = {.first = place->first, .n = end->first - place->first};
	struct spk_arrival a = {.t_spike = f->t,
		.epoch = p->epochs,
		.source = f->id,
		.table = table,
		.row = place->row,
		.row_end = end->row};

	if (a.row == a.row_end)
		return SPK_OK;
	spk_partition_set_arrival(p, &a, &row, p->tables[table].table.min_delay);
	return schedule(p, &a, err);
}

int spk_partition_receive(
	struct spk_partition *p, size_t n, const struct spk_fired *fired, double now, struct spk_error *err)
{
	enum { TOGETHER = 64 };
	struct spk_cell *late = &p->calendar.late;
	int rc = SPK_OK;

	late->n = 0;
	for (size_t k = 0; k < n; k++) {
		const struct spk_fired *f = &fired[k];
		const struct spk_outgoing *to = spk_outgoing_of(p, f->id);
		const struct spk_row_place *place = spk_outgoing_places(to, f->id);
		if (k % TOGETHER == 0)
			spk_outgoing_touch(p, n - k < TOGETHER ? n - k : TOGETHER, f);
		spk_outgoing_fetch(p, to, f->id);
		for (uint32_t i = 0; !rc && i < to->n; i++)
			if (!p->tables[to->table[i]].is_silent)
				rc = place ? send_from(p, to->table[i], place + i, to->n, f, err)
					   : send(p, to->table[i], f, now, err);
	}
	if (late->n)
		qsort(late->items, late->n, sizeof *late->items, spk_arrival_compare);
	for (size_t k = 0; !rc && k < late->n; k++)
		rc = pass_synapses(p, &late->items[k], err);
	return rc;
}

void spk_partition_drop_spikes(struct spk_partition *p)
{
	spk_calendar_empty(&p->calendar);
	spk_singles_empty(&p->singles);
	p->cursor = 0;
}

void spk_partition_settle(struct spk_partition *p, double t)
{
	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; k < p->tables[i].n_plastic; k++)
			spk_plastic_settle(&p->tables[i].plastic[k], t);
}

void spk_partition_set_drive(
	struct spk_partition *p, size_t population, uint64_t index, double t, double drive)
{
	struct spk_member *m = &p->members[population];

	if (index >= m->lo && index < m->hi)
		spk_source_set_drive(m, index - m->lo, t, drive);
}

void spk_partition_rebase(struct spk_partition *p, double shift, uint64_t cells)
{
	for (size_t k = 0; k < p->n_members; k++) {
		struct spk_member *m = &p->members[k];
		if (m->type)
			m->type->rebase(m->group, shift);
		else
			spk_source_rebase(m, shift);
	}
	for (size_t k = 0; k < p->n_streams; k++)
		spk_stream_rebase(&p->streams[k], shift);
	for (size_t i = 0; i < p->n_tables; i++)
		for (size_t k = 0; k < p->tables[i].n_plastic; k++)
			spk_plastic_rebase(&p->tables[i].plastic[k], shift);
	spk_calendar_rebase(&p->calendar, shift);
	spk_singles_rebase(&p->singles, shift);
	p->lattice.epoch_cell += cells;
	p->epochs++;
	p->epoch_ms = shift;
	p->epoch = p->scenario->start + (double)p->lattice.epoch_cell * p->lattice.cell_ms;
}
