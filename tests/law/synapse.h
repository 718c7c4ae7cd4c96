/** One plastic synapse, driven the way the engine drives a row of one: for tests of plasticity rules. */
#ifndef SPIKEM_TESTS_LAW_SYNAPSE_H
#define SPIKEM_TESTS_LAW_SYNAPSE_H

#include <spikem/model.h>

#include "tests/test.h"

enum { SYNAPSE_LOG2 = 10, SYNAPSE_MAX_PARAMS = 24 };

struct synapse {
	const struct spk_plasticity_model *model;
	double par[SYNAPSE_MAX_PARAMS];
	double dendritic, w_min, w_max, settled, t0, reference, weight, syn[4];
	int open;
	double u, u_bar, u_slope, u_bar_opened, u_bar_closed;
	/** Fills change and u, u_bar, u_slope for time t; NULL: they stay as they are. */
	void (*look)(struct synapse *synapse, double t);
	struct spk_pre_trace pre;
	struct spk_post_view view;
	struct spk_post_ring history;
	struct spk_post_change change;
	struct spk_post_spike ring[1 << SYNAPSE_LOG2];
};

/** Value of a parameter, by name. */
static inline double *synapse_param(struct synapse *s, const char *name)
{
	for (size_t k = 0; k < s->model->n_params; k++)
		if (strcmp(s->model->params[k].name, name) == 0)
			return &s->par[k];
	printf("# %s has no parameter %s\n", s->model->name, name);
	exit(99);
}

/** A fresh synapse: defaults (1 where there is none), open gate, weight 0.5 between 0 and 1. */
static inline void synapse_init(struct synapse *s, const char *rule)
{
	memset(s, 0, sizeof *s);
	s->model = spk_find_plasticity(rule);
	s->open = 1;
	s->weight = 0.5;
	s->w_max = 1.0;
	s->settled = -INFINITY;
	s->pre.t = -INFINITY;
	for (int k = 0; k < 4; k++)
		s->view.t_last[k] = -INFINITY;
	s->history.log2_size = SYNAPSE_LOG2;
	for (size_t k = 0; k < s->model->n_params; k++)
		s->par[k] = isnan(s->model->params[k].def) ? 1.0 : s->model->params[k].def;
	CHECK(s->model->n_params + s->model->n_derived <= SYNAPSE_MAX_PARAMS && s->model->n_syn_states <= 4);
}

/** Call after the last change of a parameter. */
static inline void synapse_derive(struct synapse *s)
{
	struct spk_error err = {.text = ""};
	if (!CHECK(s->model->derive(s->par, &err) == SPK_OK))
		printf("# %s\n", err.text);
}

static inline struct spk_rule_call synapse_call(struct synapse *s, double t)
{
	static const uint32_t post[1] = {0};
	if (s->look)
		s->look(s, t);
	s->history.spikes = s->ring;
	return (struct spk_rule_call){.par = s->par,
		.t = t,
		.settled = s->settled,
		.t0 = s->t0,
		.reference = s->reference,
		.dendritic = s->dendritic,
		.open = s->open,
		.w_min = s->w_min,
		.w_max = s->w_max,
		.pre = &s->pre,
		.n = 1,
		.post = post,
		.weight = &s->weight,
		.syn = s->syn,
		.views = &s->view,
		.rings = &s->history,
		.changes = &s->change,
		.u = &s->u,
		.u_bar = &s->u_bar,
		.u_slope = &s->u_slope,
		.u_bar_opened = &s->u_bar_opened,
		.u_bar_closed = &s->u_bar_closed};
}

/** The engine moves the reference of the factors when it is old. A forgotten spike has none. */
static inline void synapse_tend(struct synapse *s, double t)
{
	const struct spk_post_ring *history = &s->history;
	if (!s->model->factors || t - s->reference < SPK_FACTOR_TAUS * s->model->factor_tau(s->par))
		return;
	s->reference = t;
	memset(s->view.up, 0, sizeof s->view.up);
	s->view.down = 0;
	for (uint64_t k = 0; k < 3 && k < history->n_held; k++) {
		const struct spk_post_spike *spike =
			&s->ring[(history->n_spikes - 1 - k) & ((1 << SYNAPSE_LOG2) - 1)];
		double down;
		s->model->factors(s->par, spike, spike->t - t, &s->view.up[k], &down);
		s->view.down = k == 0 ? down : s->view.down;
	}
}

static inline void synapse_settle(struct synapse *s, double t)
{
	struct spk_rule_call call = synapse_call(s, t);
	s->model->settle(&call);
	s->settled = t;
}

/** A presynaptic spike arrives at the synapse. */
static inline void synapse_arrive(struct synapse *s, double t)
{
	synapse_tend(s, t);
	synapse_settle(s, t);
	struct spk_rule_call call = synapse_call(s, t);
	s->model->arrive(&call);
	s->model->trace(s->par, &s->pre, t);
}

/** The neuron fires; the synapse learns of it after the dendritic delay. */
static inline void synapse_fire(struct synapse *s, double t)
{
	const uint64_t mask = (UINT64_C(1) << SYNAPSE_LOG2) - 1;
	struct spk_post_view *view = &s->view;
	struct spk_post_ring *history = &s->history;
	struct spk_post_spike now = {.t = t};
	synapse_tend(s, t);
	if (history->n_held > mask)
		history->n_held--;
	const struct spk_post_spike *last =
		history->n_held > 0 ? &s->ring[(history->n_spikes - 1) & mask] : NULL;
	if (s->model->spike)
		s->model->spike(s->par, &now, last);
	s->ring[history->n_spikes++ & mask] = now;
	history->n_held++;
	memmove(view->t_last + 1, view->t_last, 3 * sizeof view->t_last[0]);
	memmove(view->up + 1, view->up, 2 * sizeof view->up[0]);
	view->t_last[0] = t;
	if (s->model->factors)
		s->model->factors(s->par, &now, t - s->reference, &view->up[0], &view->down);
}

static inline void synapse_gate(struct synapse *s, double t, int open)
{
	synapse_settle(s, t);
	struct spk_rule_call call = synapse_call(s, t);
	if (s->open != open)
		*(open ? &s->u_bar_opened : &s->u_bar_closed) = s->u_bar;
	if (s->model->boundary && s->open != open)
		s->model->boundary(&call, open ? 1 : -1);
	s->open = open;
}

/** The engine moves the reference of the running integrals. */
static inline void synapse_rebase(struct synapse *s, double t)
{
	synapse_settle(s, t);
	s->t0 = t;
	struct spk_rule_call call = synapse_call(s, t);
	if (s->model->rebase)
		s->model->rebase(&call);
}

/* ---- Trains of events --------------------------------------------------------------------------- */

/** Order of events at equal times: arrivals, then spikes, then what only looks. */
enum event_kind { PRE, POST, OPEN, CLOSE, SETTLE, REBASE };

struct event {
	double t; /* POST: at the soma */
	enum event_kind kind;
};

enum { MAX_EVENTS = 500 };
struct train {
	int n;
	struct event event[MAX_EVENTS];
};

static inline void train_add(struct train *train, double t, enum event_kind kind)
{
	train->event[train->n++] = (struct event){.t = t, .kind = kind};
}

static inline int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	return x->t != y->t ? (x->t > y->t) - (x->t < y->t) : (x->kind > y->kind) - (x->kind < y->kind);
}

static inline void train_sort(struct train *train)
{
	qsort(train->event, (size_t)train->n, sizeof train->event[0], compare_events);
}

static inline void synapse_event(struct synapse *s, const struct event *event)
{
	if (event->kind == PRE)
		synapse_arrive(s, event->t);
	else if (event->kind == POST)
		synapse_fire(s, event->t);
	else if (event->kind == SETTLE)
		synapse_settle(s, event->t);
	else if (event->kind == REBASE)
		synapse_rebase(s, event->t);
	else
		synapse_gate(s, event->t, event->kind == OPEN);
}

/** Play a sorted train and bring the weight up to time `end`. */
static inline double synapse_play(struct synapse *s, const struct train *train, double end)
{
	for (int k = 0; k < train->n; k++)
		synapse_event(s, &train->event[k]);
	synapse_settle(s, end);
	return s->weight;
}

enum { SPAN = 600 }; /* ms of a random train */

/** Random spikes of both sides at up to 60 Hz. `grid`: whole milliseconds, so that equal times are common. */
static inline void train_add_spikes(struct train *train, uint64_t *seed, int grid)
{
	for (int kind = PRE; kind <= POST; kind++) {
		int n = (int)test_uniform(seed, 0.0, 0.06 * SPAN);
		for (int k = 0; k < n; k++) {
			double t = test_uniform(seed, 0.0, SPAN);
			train_add(train, grid ? floor(t / 4.0) : t, (enum event_kind)kind);
		}
	}
}

/** Openings and closings in turn, at times that no spike has. */
static inline void train_add_gates(struct train *train, uint64_t *seed, int open)
{
	double t = 0.5 / 3.0;
	for (t += floor(test_uniform(seed, 0.0, 60.0)); t < SPAN;
		t += 1.0 + floor(test_uniform(seed, 0.0, 200.0))) {
		open = !open;
		train_add(train, t, open ? OPEN : CLOSE);
	}
}

/* ---- Variations ---------------------------------------------------------------------------------- */

/** A membrane potential to read: smooth u, V = u with jumps of -2 mV at the spikes. */
static const double SYNAPSE_OMEGA = 0.07, SYNAPSE_AMPLITUDE = 3.0;

static inline double synapse_u_slope(double t)
{
	return SYNAPSE_AMPLITUDE * SYNAPSE_OMEGA * cos(SYNAPSE_OMEGA * t);
}

/** Integral from 0 to t of exp(-s/tau) u'(s + t0). */
static inline double synapse_change(double t0, double t, double tau)
{
	double c = 1.0 / tau, s = t - t0, norm = c * c + SYNAPSE_OMEGA * SYNAPSE_OMEGA;
	double at_end = exp(-c * s) * (SYNAPSE_OMEGA * sin(SYNAPSE_OMEGA * t) - c * cos(SYNAPSE_OMEGA * t));
	double at_start = SYNAPSE_OMEGA * sin(SYNAPSE_OMEGA * t0) - c * cos(SYNAPSE_OMEGA * t0);
	return SYNAPSE_AMPLITUDE * SYNAPSE_OMEGA * (at_end - at_start) / norm;
}

static inline void synapse_look(struct synapse *s, double t)
{
	double tau = s->model->change_tau(s->par);
	s->u = SYNAPSE_AMPLITUDE * sin(SYNAPSE_OMEGA * t);
	s->u_bar = 0.3 * s->u + 0.1;
	s->u_slope = synapse_u_slope(t);
	s->change.du = synapse_change(s->t0, t, tau);
	s->change.dv = 0.7 * s->change.du;
	s->change.reset = 0.0;
	for (uint64_t k = s->history.n_spikes - s->history.n_held; k < s->history.n_spikes; k++)
		if (s->ring[k].t >= s->t0 && s->ring[k].t < t)
			s->change.reset -= 2.0 * exp(-(s->ring[k].t - s->t0) / tau);
}

/** Random values for all parameters but choices and windows on potentials, around their defaults. */
static inline void synapse_vary(struct synapse *s, uint64_t *seed)
{
	struct spk_error err;
	for (size_t k = 0; k < s->model->n_params; k++) {
		const struct spk_field *field = &s->model->params[k];
		const double usual = s->par[k];
		if (field->choices || field->dim == SPK_DIM_VOLTAGE)
			continue;
		if (field->dim == SPK_DIM_TIME)
			s->par[k] = test_uniform(seed, 5.0, 60.0);
		else
			s->par[k] = test_uniform(seed, 0.0, 0.2); /* large: the bounds bind now and then */
		if (s->model->derive(s->par, &err) != SPK_OK)     /* not for this combination of choices */
			s->par[k] = usual;
	}
}

/** The next combination of choices; 0 after the last. Combinations that the rule refuses are passed over. */
static inline int synapse_next_choices(struct synapse *s)
{
	struct spk_error err;
	for (size_t k = 0; k < s->model->n_params; k++) {
		if (!s->model->params[k].choices)
			continue;
		if (s->par[k] < s->model->params[k].hi) {
			s->par[k] += 1.0;
			return s->model->derive(s->par, &err) == SPK_OK || synapse_next_choices(s);
		}
		s->par[k] = 0.0;
	}
	return 0;
}

/** A synapse with this rule, all its choices at their first word. */
static inline void synapse_first_choices(struct synapse *s, const struct spk_plasticity_model *model)
{
	synapse_init(s, model->name);
	for (size_t k = 0; k < model->n_params; k++)
		if (model->params[k].choices)
			s->par[k] = 0.0;
	if (model->change_tau)
		s->look = synapse_look;
}

#endif
