/**
 * A plain engine: the oracle of the engine. One heap of single events, one arrival at a time, textbook
 * formulas with the C library's exp and log in long double. No windows, no bundles, no shared factors, no
 * code of the library.
 *
 * Order of events: time, then arrivals before the threshold, then target, source, synapse.
 */
#ifndef SPIKEM_TESTS_PLAIN_H
#define SPIKEM_TESTS_PLAIN_H

#include "tests/test.h"

/** Less refractoriness left than this, ms, is none: what models/neuron/lif.c promises. */
#define PLAIN_REFRACTORY_END 1e-11

struct plain_neuron {
	int jumps; /**< arrivals add to V (mV), else to an exponential current (pA) */
	long double tau_m, C_m, E_L, V_th, V_reset, t_ref, I_e, tau_ex, tau_in;
	long double V, I_ex, I_in; /**< at time t */
	double t, free_at;         /**< V_m rests until free_at */
	unsigned version;          /**< of the predicted spike */
};

struct plain_edge {
	uint32_t source, target;
	double weight, delay;
};

struct plain_event {
	double t;
	int phase; /**< 0 arrival, 1 threshold */
	uint32_t target, source;
	size_t edge;
	double weight;
	unsigned version;
};

struct plain_spike {
	double t;
	uint32_t id;
};

struct plain {
	size_t n_neurons, n_edges, n_events, events_capacity, n_spikes, spikes_capacity;
	struct plain_neuron *neurons; /**< [n_neurons] by global id; sources have tau_m 0 */
	struct plain_edge *edges;     /**< sorted by source */
	size_t *first_edge;           /**< [n_neurons + 1] */
	struct plain_event *events;   /**< heap */
	struct plain_spike *spikes;
};

static inline int plain_before(const struct plain_event *a, const struct plain_event *b)
{
	if (a->t != b->t)
		return a->t < b->t;
	if (a->phase != b->phase)
		return a->phase < b->phase;
	if (a->target != b->target)
		return a->target < b->target;
	if (a->source != b->source)
		return a->source < b->source;
	return a->edge < b->edge;
}

static inline void plain_push(struct plain *p, struct plain_event event)
{
	if (p->n_events == p->events_capacity) {
		p->events_capacity = 2 * p->events_capacity + 64;
		p->events = realloc(p->events, p->events_capacity * sizeof *p->events);
	}
	size_t k = p->n_events++;
	for (; k > 0 && plain_before(&event, &p->events[(k - 1) / 2]); k = (k - 1) / 2)
		p->events[k] = p->events[(k - 1) / 2];
	p->events[k] = event;
}

static inline struct plain_event plain_pop(struct plain *p)
{
	const struct plain_event top = p->events[0], last = p->events[--p->n_events];
	size_t k = 0;
	for (size_t child; (child = 2 * k + 1) < p->n_events; k = child) {
		child += child + 1 < p->n_events && plain_before(&p->events[child + 1], &p->events[child]);
		if (!plain_before(&p->events[child], &last))
			break;
		p->events[k] = p->events[child];
	}
	p->events[k] = last;
	return top;
}

/** Response of tau_m dV/dt = -V + ... to a current exp(-t/tau_s): (exp(-t/tau_m) - exp(-t/tau_s)) / (1/tau_s
 * - 1/tau_m). */
static inline long double plain_response(long double t, long double tau_m, long double tau_s)
{
	const long double d = 1 / tau_s - 1 / tau_m;
	if (fabsl(d * t) > 1)
		return (expl(-t / tau_m) - expl(-t / tau_s)) / d;
	return expl(-t / tau_s) * (d == 0 ? t : expm1l(d * t) / d);
}

static inline long double plain_v_inf(const struct plain_neuron *n)
{
	return n->E_L + n->tau_m / n->C_m * n->I_e;
}

/** V after t without threshold, from V and currents of now. */
static inline long double plain_potential(const struct plain_neuron *n, long double t)
{
	const long double v_inf = plain_v_inf(n);
	long double v = v_inf + (n->V - v_inf) * expl(-t / n->tau_m);
	if (n->I_ex != 0)
		v += n->I_ex / n->C_m * plain_response(t, n->tau_m, n->tau_ex);
	if (n->I_in != 0)
		v += n->I_in / n->C_m * plain_response(t, n->tau_m, n->tau_in);
	return v;
}

static inline void plain_decay(struct plain_neuron *n, long double dt)
{
	if (n->I_ex != 0)
		n->I_ex *= expl(-dt / n->tau_ex);
	if (n->I_in != 0)
		n->I_in *= expl(-dt / n->tau_in);
}

static inline void plain_flow(struct plain_neuron *n, double t)
{
	if (t <= n->t)
		return;
	const double rests = fmin(t, n->free_at);
	if (rests > n->t) {
		plain_decay(n, (long double)rests - n->t);
		n->t = rests;
	}
	if (t > n->t) {
		n->V = plain_potential(n, (long double)t - n->t);
		plain_decay(n, (long double)t - n->t);
		n->t = t;
	}
}

/** Drive of V towards the threshold, u(t) = d/dt (V - V_th) + (V - V_th)/tau_m: the zeros of V - V_th lie
 * between its own. */
static inline long double plain_drive(const struct plain_neuron *n, long double t)
{
	long double drive = (plain_v_inf(n) - n->V_th) / n->tau_m;
	if (n->I_ex != 0)
		drive += n->I_ex / n->C_m * expl(-t / n->tau_ex);
	if (n->I_in != 0)
		drive += n->I_in / n->C_m * expl(-t / n->tau_in);
	return drive;
}

static inline long double plain_above(const struct plain_neuron *n, long double t)
{
	return plain_potential(n, t) - n->V_th;
}

/** Where f changes its sign in [a, b], to `tol` ms. */
static inline long double plain_bisect(long double (*f)(const struct plain_neuron *, long double),
	const struct plain_neuron *n, long double a, long double b, long double tol)
{
	const int sign = f(n, a) < 0;
	while (b - a > tol) {
		const long double middle = (a + b) / 2;
		if ((f(n, middle) < 0) == sign)
			a = middle;
		else
			b = middle;
	}
	return b;
}

/** First t >= 0 with V >= V_th when nothing arrives, from now, outside refractoriness; INFINITY: none. */
static inline long double plain_crossing(const struct plain_neuron *n)
{
	if (n->V >= n->V_th)
		return 0;
	const long double beyond = plain_v_inf(n) - n->V_th;
	if (fmaxl(n->V, plain_v_inf(n)) + n->I_ex / n->C_m * fminl(n->tau_m, n->tau_ex) < n->V_th)
		return INFINITY; /* the response to a current is less than either time constant */
	if (n->I_ex == 0 && n->I_in == 0)
		return beyond <= 0 ? (long double)INFINITY
				   : n->tau_m * logl((plain_v_inf(n) - n->V) / beyond);
	/* The drive is monotone on both sides of its extremum, so it has at most two zeros. Between zeros
	   exp(t/tau_m) (V - V_th) is monotone; an error of a zero moves its extremum by the square of it. */
	const long double end = 50 * fmaxl(n->tau_m, fmaxl(n->tau_ex, n->tau_in));
	long double border[4] = {0}, turn = end;
	int k = 1;
	if (n->I_ex > 0 && n->I_in < 0 && n->tau_ex != n->tau_in)
		turn = logl(n->I_ex / n->tau_ex / (-n->I_in / n->tau_in)) / (1 / n->tau_ex - 1 / n->tau_in);
	turn = turn > 0 && turn < end ? turn : end;
	if ((plain_drive(n, 0) < 0) != (plain_drive(n, turn) < 0))
		border[k++] = plain_bisect(plain_drive, n, 0, turn, 1e-9L);
	if (turn < end && (plain_drive(n, turn) < 0) != (plain_drive(n, end) < 0))
		border[k++] = plain_bisect(plain_drive, n, turn, end, 1e-9L);
	border[k] = end;
	for (int i = 0; i < k; i++)
		if (plain_above(n, border[i]) < 0 && plain_above(n, border[i + 1]) >= 0)
			return plain_bisect(plain_above, n, border[i], border[i + 1], 1e-14L);
	return INFINITY;
}

/** Predict the next spike of a neuron that was advanced to now. */
static inline void plain_predict(struct plain *p, uint32_t id)
{
	struct plain_neuron *n = &p->neurons[id], later = *n;
	n->version++;
	later.t_ref = 0;
	if (later.free_at > later.t) {
		plain_decay(&later, (long double)later.free_at - later.t);
		later.t = later.free_at;
	}
	const long double wait = plain_crossing(&later);
	if (!isinf(wait))
		plain_push(p, (struct plain_event){(double)(later.t + wait), 1, id, 0, 0, 0, n->version});
}

static inline void plain_send(struct plain *p, uint32_t source, double t)
{
	for (size_t k = p->first_edge[source]; k < p->first_edge[source + 1]; k++) {
		const struct plain_edge *e = &p->edges[k];
		plain_push(p, (struct plain_event){t + e->delay, 0, e->target, source, k, e->weight, 0});
	}
}

static inline void plain_arrive(struct plain *p, const struct plain_event *event)
{
	struct plain_neuron *n = &p->neurons[event->target];
	plain_flow(n, event->t);
	if (!n->jumps)
		*(event->weight < 0 ? &n->I_in : &n->I_ex) += event->weight;
	else if (event->t >= n->free_at - PLAIN_REFRACTORY_END)
		n->V += event->weight;
	plain_predict(p, event->target);
}

static inline void plain_fire(struct plain *p, const struct plain_event *event)
{
	struct plain_neuron *n = &p->neurons[event->target];
	if (event->version != n->version)
		return;
	plain_flow(n, event->t);
	n->V = n->V_reset;
	n->free_at = event->t + (double)n->t_ref;
	if (p->n_spikes == p->spikes_capacity) {
		p->spikes_capacity = 2 * p->spikes_capacity + 64;
		p->spikes = realloc(p->spikes, p->spikes_capacity * sizeof *p->spikes);
	}
	p->spikes[p->n_spikes++] = (struct plain_spike){event->t, event->target};
	plain_send(p, event->target, event->t);
	plain_predict(p, event->target);
}

static inline int plain_compare_edges(const void *left, const void *right)
{
	const struct plain_edge *a = left, *b = right;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return (a->target > b->target) - (a->target < b->target);
}

/** Sort the edges once all are there. */
static inline void plain_index(struct plain *p)
{
	if (p->n_edges)
		qsort(p->edges, p->n_edges, sizeof *p->edges, plain_compare_edges);
	p->first_edge = calloc(p->n_neurons + 1, sizeof *p->first_edge);
	for (size_t k = 0, id = 0; id <= p->n_neurons; id++) {
		while (k < p->n_edges && p->edges[k].source < id)
			k++;
		p->first_edge[id] = k;
	}
}

/** Run all events before `end`, or until `max` spikes. */
static inline void plain_run(struct plain *p, double end, size_t max)
{
	for (uint32_t id = 0; id < p->n_neurons; id++)
		if (p->neurons[id].tau_m > 0)
			plain_predict(p, id);
	while (p->n_events && p->events[0].t < end && p->n_spikes < max) {
		const struct plain_event event = plain_pop(p);
		if (event.phase == 0)
			plain_arrive(p, &event);
		else
			plain_fire(p, &event);
	}
}

static inline void plain_clear(struct plain *p)
{
	free(p->neurons);
	free(p->edges);
	free(p->first_edge);
	free(p->events);
	free(p->spikes);
}

#endif
