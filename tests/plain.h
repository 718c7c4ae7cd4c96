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
	int jumps; /**< arrivals add to V (mV), else to a current (pA) */
	int alpha; /**< of alpha-shaped currents, else of exponential ones, whose A stay 0 */
	long double tau_m, C_m, E_L, V_th, V_reset, t_ref, I_e, tau_ex, tau_in;
	long double V, I_ex, I_in, A_ex, A_in; /**< at time t */
	double t, free_at;                     /**< V_m rests until free_at */
	unsigned version;                      /**< of the predicted spike */
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

/** The same for a current (t/tau_s) exp(-t/tau_s): (exp(-t/tau_m) - (1 + d t) exp(-t/tau_s)) / (tau_s d^2).
 */
static inline long double plain_alpha_response(long double t, long double tau_m, long double tau_s)
{
	const long double d = 1 / tau_s - 1 / tau_m, x = d * t;
	if (fabsl(x) > 1)
		return (expl(-t / tau_m) - (1 + x) * expl(-t / tau_s)) / (tau_s * d * d);
	long double sum = 0, term = 0.5L; /* (-x)^n / (n + 2)! */
	for (int n = 0; n < 30; n++) {
		sum += (n + 1) * term;
		term *= -x / (n + 3);
	}
	return expl(-t / tau_m) * t * t / tau_s * sum;
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
	if (n->A_ex != 0)
		v += n->A_ex / n->C_m * plain_alpha_response(t, n->tau_m, n->tau_ex);
	if (n->A_in != 0)
		v += n->A_in / n->C_m * plain_alpha_response(t, n->tau_m, n->tau_in);
	return v;
}

/** A current of I and A after t. */
static inline long double plain_current(long double I, long double A, long double tau_s, long double t)
{
	return I == 0 && A == 0 ? 0 : (I + A * t / tau_s) * expl(-t / tau_s);
}

static inline void plain_decay(struct plain_neuron *n, long double dt)
{
	n->I_ex = plain_current(n->I_ex, n->A_ex, n->tau_ex, dt);
	n->I_in = plain_current(n->I_in, n->A_in, n->tau_in, dt);
	n->A_ex = plain_current(n->A_ex, 0, n->tau_ex, dt);
	n->A_in = plain_current(n->A_in, 0, n->tau_in, dt);
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
	const long double current =
		plain_current(n->I_ex, n->A_ex, n->tau_ex, t) + plain_current(n->I_in, n->A_in, n->tau_in, t);
	return (plain_v_inf(n) - n->V_th) / n->tau_m + current / n->C_m;
}

/**
 * The slope of the drive, but for a positive factor: y(t) = (p + q t) exp(-k t) + r + s t with k >= 0, where
 * p and q belong to the faster current. Order 0: y; 1: its slope; 2: its curvature, which changes sign once
 * at most.
 */
static inline long double plain_turn(const struct plain_neuron *n, long double t, int order)
{
	const int ex = n->tau_ex <= n->tau_in;
	const long double fast = ex ? n->tau_ex : n->tau_in, slow = ex ? n->tau_in : n->tau_ex;
	const long double A_fast = ex ? n->A_ex : n->A_in, A_slow = ex ? n->A_in : n->A_ex;
	const long double p = (A_fast - (ex ? n->I_ex : n->I_in)) / fast, q = -A_fast / fast / fast;
	const long double r = (A_slow - (ex ? n->I_in : n->I_ex)) / slow, s = -A_slow / slow / slow;
	const long double k = 1 / fast - 1 / slow, line = p + q * t;
	if (order == 0)
		return line * expl(-k * t) + r + s * t;
	return order == 1 ? (q - k * line) * expl(-k * t) + s : k * (k * line - 2 * q);
}

static inline long double plain_turn_0(const struct plain_neuron *n, long double t)
{
	return plain_turn(n, t, 0);
}

static inline long double plain_turn_1(const struct plain_neuron *n, long double t)
{
	return plain_turn(n, t, 1);
}

static inline long double plain_turn_2(const struct plain_neuron *n, long double t)
{
	return plain_turn(n, t, 2);
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

/** Where f changes its sign in (0, end), it being monotone between the n_turns places `turn`. */
static inline int plain_split(long double (*f)(const struct plain_neuron *, long double),
	const struct plain_neuron *n, long double end, int n_turns, const long double *turn,
	long double *ret_zero)
{
	int n_zeros = 0;
	long double lo = 0;
	for (int k = 0; k <= n_turns; k++) {
		const long double hi = k < n_turns ? turn[k] : end;
		if ((f(n, lo) < 0) != (f(n, hi) < 0))
			ret_zero[n_zeros++] = plain_bisect(f, n, lo, hi, 1e-9L);
		lo = hi;
	}
	return n_zeros;
}

/** First t >= 0 with V >= V_th when nothing arrives, from now, outside refractoriness; INFINITY: none. */
static inline long double plain_crossing(const struct plain_neuron *n)
{
	if (n->V >= n->V_th)
		return 0;
	const long double beyond = plain_v_inf(n) - n->V_th, at_most = (n->I_ex + n->A_ex) / n->C_m;
	if (fmaxl(n->V, plain_v_inf(n)) + at_most * fminl(n->tau_m, n->tau_ex) < n->V_th)
		return INFINITY; /* the response to a current is less than either time constant */
	if (n->I_ex == 0 && n->I_in == 0 && n->A_ex == 0 && n->A_in == 0)
		return beyond <= 0 ? (long double)INFINITY
				   : n->tau_m * logl((plain_v_inf(n) - n->V) / beyond);
	/* Each function is monotone between the zeros of the next. Between zeros of the drive exp(t/tau_m)
	   (V - V_th) is monotone; an error of a zero moves its extremum by the square of it. */
	const long double end = 50 * fmaxl(n->tau_m, fmaxl(n->tau_ex, n->tau_in));
	long double second[1], first[2], turn[3], border[5];
	int k = plain_split(plain_turn_2, n, end, 0, NULL, second);
	k = plain_split(plain_turn_1, n, end, k, second, first);
	k = plain_split(plain_turn_0, n, end, k, first, turn);
	k = plain_split(plain_drive, n, end, k, turn, border);
	border[k] = end;
	long double lo = 0;
	for (int i = 0; i <= k; lo = border[i++])
		if (plain_above(n, lo) < 0 && plain_above(n, border[i]) >= 0)
			return plain_bisect(plain_above, n, lo, border[i], 1e-14L);
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
	if (n->alpha)
		*(event->weight < 0 ? &n->A_in : &n->A_ex) += event->weight * expl(1);
	else if (!n->jumps)
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
