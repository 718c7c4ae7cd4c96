/*
 * Fast group of equal lif_delta neurons: an exact arrival costs one addition and one comparison.
 *
 * Scaled potential. D = V_m - V_inf decays as exp(-t/tau_m), so U = D f(t) with f(t) = exp(t/tau_m), t from the
 * epoch, is constant between arrivals, and an arrival of weight w at time t is U += w f(t). f depends on the
 * arrival's time alone: it is computed once for a whole row. V_m >= V_th means U >= theta f(t).
 *
 * Poisson inputs in bulk. At the start of a segment [a, b) all excitatory input events of the segment are added
 * at once. U is then an upper bound of the true value at every time inside, and the true value at the end. While
 * the bound stays below theta f(t) at each arrival, the neuron cannot have crossed the threshold: with theta > 0
 * theta f(t) rises, so the bound need be tested only after arrivals. (Inhibitory events are added at the end.)
 * A neuron whose bound reaches the threshold becomes careful for the rest of the segment: its input events that
 * are still to come are taken out again and it is simulated event by event, in order. Nothing is approximated.
 * Careful and refractory neurons hold marks in U that always, or never, reach the threshold.
 *
 * theta <= 0 (V_inf >= V_th, a constant drive that makes the neuron fire): theta f(t) falls, so a neuron may
 * cross between arrivals. The test then looks at U before and after the arrival, and at the end of the segment;
 * the crossing itself is at tau_m log(U / theta).
 *
 * Input events come in blocks of SPK_GROUP_BLOCK neurons: the number of events of a block is Poisson, each picks
 * its neuron (6 bits) and its time (52 bits). This is the superposition of independent processes, and needs one 64-bit
 * number an event.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "models/math/philox.h"
#include "models/math/times.h"
#include "models/models.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

enum { BLOCK = 64, MAX_INPUTS = 8 };
static const double CAREFUL = 1e300, RESTING = -1e300;
static const double LONGEST_SEGMENT_TAUS = SPK_TIMES_MAX_TAUS;
static const double READY_MS = 1e-11; /* as in lif.c: a rest of refractoriness that is rounding */
static const double BOOST = 0.04;     /* mean input in a segment, as a share of V_th - V_reset */
static const double CANDIDATE = 0.2; /* so close to V_th, as the same share, input events are kept at once */

/* A neuron that is simulated event by event. */
struct careful {
	double u;       /* scaled potential after the arrivals of t_test */
	double t_test;  /* last arrival, the threshold not yet tested; -INFINITY when tested */
	double level;   /* theta f(t_test) */
	double ready;   /* end of refractoriness */
	uint32_t first, n; /* its input events of the segment in `events`, by time; next one first */
	uint64_t listed;   /* segment whose input events are in `events`, in the order of the draws */
};

/* An input event of a careful neuron. */
struct event {
	double t, f;
	double w;
};

/* An input event and the neuron of the block that it goes to. */
struct picked {
	struct event event;
	uint32_t neuron;
};

struct input {
	double rate, weight;
	struct spk_rng *rng;   /* [n_blocks] */
	uint64_t *draw;        /* [n_blocks] draw number at the start of the segment */
};

struct spk_group {
	size_t n, n_blocks, n_inputs;
	double tau, v_inf, theta, reset, t_ref, v_th;
	double *u;                /* [n] scaled potentials, or marks */
	struct careful *side;     /* [n] valid for careful and resting neurons */
	uint32_t *careful, *resting;
	size_t n_careful, n_resting;
	struct input inputs[MAX_INPUTS];
	int has_inhibition;       /* some input has a negative weight */
	double *late;             /* [n] inhibitory input of the segment, scaled */
	struct event *events;
	size_t n_events, events_capacity;
	/* one block's events while they are made */
	uint64_t *bits;
	double *when, *factor;
	uint32_t *chosen;
	size_t block_capacity;
	struct picked *picked;
	size_t n_picked, picked_capacity;
	uint64_t segment;
	int failed;
	double a, b, f_a;
	int is_first;
	uint64_t n_input_events;
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

static double factor_at(const struct spk_group *g, double t)
{
	return spk_exp(t / g->tau);
}

/* ---- Careful neurons ---------------------------------------------------------------------------- */

/* `emit` is NULL on copies, which only look. */
static void fire(const struct spk_group *g, struct careful *s, size_t neuron, double t, int emits)
{
	if (emits)
		g->emit(g->context, (uint32_t)neuron, t);
	s->ready = t + g->t_ref;
	s->u = g->reset * factor_at(g, s->ready);
	s->t_test = -HUGE_VAL;
	s->level = HUGE_VAL;
}

/* Find the spikes before t (or, inclusive, up to t). */
static void resolve(const struct spk_group *g, struct careful *s, size_t neuron, double t, int inclusive, int emits)
{
	for (;;) {
		const double tested = s->t_test;
		if (s->u >= s->level && (tested < t || (inclusive && tested <= t))) {
			fire(g, s, neuron, tested, emits);
			continue;
		}
		if (!(g->theta < 0) || !(s->u < 0))
			return;
		const double from = fmax(fmax(tested, s->ready), g->a);
		const double crossing = fmax(from, g->tau * spk_log(s->u / g->theta));
		if (!(crossing < t || (inclusive && crossing <= t)))
			return;
		fire(g, s, neuron, crossing, emits);
	}
}

static void arrive(const struct spk_group *g, struct careful *s, size_t neuron, double t, double f, double w, int emits)
{
	resolve(g, s, neuron, t, 0, emits);
	if (t < s->ready - READY_MS)
		return; /* lost */
	s->u += w * f;
	s->t_test = t;
	s->level = g->theta * f;
}

/* Input events before t (network arrivals of the same time come first), or up to t. */
static void catch_up(const struct spk_group *g, struct careful *s, size_t neuron, double t, int inclusive, int emits)
{
	while (s->n > 0) {
		const struct event *e = &g->events[s->first];
		if (!(e->t < t || (inclusive && e->t <= t)))
			return;
		arrive(g, s, neuron, e->t, e->f, e->w, emits);
		s->first++;
		s->n--;
	}
}

/* ---- Input events ------------------------------------------------------------------------------- */

static int reserve_block(struct spk_group *g, size_t n)
{
	if (n <= g->block_capacity)
		return 1;
	uint64_t *bits = realloc(g->bits, 2 * n * sizeof *bits);
	if (bits)
		g->bits = bits;
	double *when = realloc(g->when, 2 * n * sizeof *when);
	if (when)
		g->when = when;
	double *factor = realloc(g->factor, 2 * n * sizeof *factor);
	if (factor)
		g->factor = factor;
	uint32_t *chosen = realloc(g->chosen, 2 * n * sizeof *chosen);
	if (chosen)
		g->chosen = chosen;
	if (bits && when && factor && chosen)
		g->block_capacity = 2 * n;
	return bits && when && factor && chosen;
}

static void convert_bits(struct spk_group *g, size_t n)
{
	const struct spk_times to = {.a = g->a,
		.b = g->b,
		.tau = g->tau,
		.f_a = g->f_a,
		.when = g->when,
		.factor = g->factor};

	spk_convert_times(&to, n, g->bits);
}

/*
 * The events of one input onto one block in [a, b): neuron (bits & 63), time and f into the scratch arrays.
 * Events of the last block that pick a neuron that does not exist are no events.
 */
static size_t make_events(struct spk_group *g, const struct input *input, struct spk_rng *rng)
{
	const double mean = input->rate / 1000 * (g->b - g->a) * BLOCK;
	const size_t n = (size_t)spk_rng_poisson(rng, mean);
	const size_t blocks = ((n + 1) / 2 + SPK_PHILOX_BATCH - 1) / SPK_PHILOX_BATCH * SPK_PHILOX_BATCH;

	if (!reserve_block(g, 2 * blocks)) {
		g->failed = 1;
		return 0;
	}
	spk_philox_fill(rng, rng->draw, blocks, g->bits);
	rng->draw += blocks;
	convert_bits(g, n);
	return n;
}

static int reserve_events(struct spk_group *g, size_t n)
{
	if (n <= g->events_capacity)
		return 1;
	struct event *events = realloc(g->events, 2 * n * sizeof *events);
	if (!events) {
		g->failed = 1;
		return 0;
	}
	g->events = events;
	g->events_capacity = 2 * n;
	return 1;
}

static void append_event(struct spk_group *g, double t, double f, double w)
{
	if (reserve_events(g, g->n_events + 1))
		g->events[g->n_events++] = (struct event){t, f, w};
}

/* Few events of one neuron: by time, equal times in the order of the draws. */
static void sort_events(struct event *e, size_t n)
{
	for (size_t k = 1; k < n; k++) {
		const struct event x = e[k];
		size_t at = k;
		for (; at > 0 && e[at - 1].t > x.t; at--)
			e[at] = e[at - 1];
		e[at] = x;
	}
}

/* Draw the events of the neuron's block once more and keep its own. */
static void recall_events(struct spk_group *g, size_t neuron, uint32_t *ret_first, uint32_t *ret_n)
{
	const size_t block = neuron / BLOCK, first = g->n_events;

	for (size_t i = 0; i < g->n_inputs; i++) {
		const struct input *input = &g->inputs[i];
		struct spk_rng rng = input->rng[block];
		rng.draw = input->draw[block];
		const size_t n = make_events(g, input, &rng);
		for (size_t k = 0; k < n; k++)
			if ((g->bits[k] & (BLOCK - 1)) == neuron % BLOCK)
				append_event(g, g->when[k], g->factor[k], input->weight);
	}
	sort_events(g->events + first, g->n_events - first);
	*ret_first = (uint32_t)first;
	*ret_n = (uint32_t)(g->n_events - first);
}

/* The events of a neuron in this segment: listed with its block, or drawn once more. */
static void find_events(struct spk_group *g, size_t neuron, struct careful *s)
{
	if (g->n_inputs == 0) {
		s->n = 0;
	} else if (s->listed != g->segment) {
		recall_events(g, neuron, &s->first, &s->n);
	} else {
		sort_events(g->events + s->first, s->n);
	}
}

/* A neuron with scaled bound u at time t, its events of [a, t] in it and the others taken out. */
static struct careful make_careful(struct spk_group *g, size_t neuron, double u, double t)
{
	struct careful s = g->side[neuron];

	s.u = u;
	s.t_test = s.ready = -HUGE_VAL;
	s.level = HUGE_VAL;
	find_events(g, neuron, &s);
	for (; s.n > 0 && g->events[s.first].t < t; s.first++, s.n--)
		if (g->events[s.first].w < 0)
			s.u += g->events[s.first].w * g->events[s.first].f;
	for (uint32_t k = 0; k < s.n; k++)
		if (g->events[s.first + k].w > 0)
			s.u -= g->events[s.first + k].w * g->events[s.first + k].f;
	return s;
}

static void mark_careful(struct spk_group *g, size_t neuron)
{
	g->u[neuron] = CAREFUL;
	g->careful[g->n_careful++] = (uint32_t)neuron;
}

/* ---- Segments ----------------------------------------------------------------------------------- */

/* Refractory neurons that wake in this segment are careful in it; add_inputs lists their events. */
static void wake_resting(struct spk_group *g)
{
	size_t kept = 0;

	for (size_t k = 0; k < g->n_resting; k++) {
		const uint32_t neuron = g->resting[k];
		if (g->side[neuron].ready >= g->b) {
			g->resting[kept++] = neuron;
			continue;
		}
		g->side[neuron].n = 0;
		mark_careful(g, neuron);
	}
	g->n_resting = kept;
}

static size_t count_ghosts(const struct spk_group *g, size_t block, size_t n)
{
	size_t ghosts = 0;

	for (size_t k = 0; (block + 1) * BLOCK > g->n && k < n; k++)
		ghosts += block * BLOCK + (g->bits[k] & (BLOCK - 1)) >= g->n;
	return ghosts;
}

static int reserve_picked(struct spk_group *g, size_t n)
{
	if (n <= g->picked_capacity)
		return 1;
	struct picked *picked = realloc(g->picked, 2 * n * sizeof *picked);
	if (!picked) {
		g->failed = 1;
		return 0;
	}
	g->picked = picked;
	g->picked_capacity = 2 * n;
	return 1;
}

/* Keep the block's events onto the neurons in `candidates` (one bit each). */
static void pick_events(struct spk_group *g, size_t n, double w, uint64_t candidates)
{
	size_t chosen = 0;

	if (!reserve_picked(g, g->n_picked + n))
		return;
	for (size_t k = 0; k < n; k++) { /* without a branch that could be mispredicted */
		g->chosen[chosen] = (uint32_t)k;
		chosen += candidates >> (g->bits[k] & (BLOCK - 1)) & 1;
	}
	for (size_t i = 0; i < chosen; i++) {
		const size_t k = g->chosen[i];
		g->picked[g->n_picked++] = (struct picked){
			{g->when[k], g->factor[k], w}, (uint32_t)(g->bits[k] & (BLOCK - 1))};
	}
}

/* Sums of a block's events into early (excitatory) and late (inhibitory) input; candidates' events are kept. */
static void sum_block(struct spk_group *g, size_t block, uint64_t candidates, double *early)
{
	double *late = g->has_inhibition ? g->late + block * BLOCK : NULL;

	g->n_picked = 0;
	for (size_t i = 0; i < g->n_inputs; i++) {
		struct input *input = &g->inputs[i];
		double *sums = input->weight < 0 ? late : early;
		const size_t n = make_events(g, input, &input->rng[block]);
		for (size_t k = 0; k < n; k++)
			sums[g->bits[k] & (BLOCK - 1)] += input->weight * g->factor[k];
		pick_events(g, n, input->weight, candidates);
		g->n_input_events += n - count_ghosts(g, block, n);
	}
}

/* Give each candidate its picked events, in the order of the draws. */
static void list_events(struct spk_group *g, size_t block, uint64_t candidates)
{
	uint32_t next[BLOCK + 1] = {0};

	for (size_t i = 0; i < g->n_picked; i++)
		next[g->picked[i].neuron + 1]++;
	for (size_t k = 0; k < BLOCK; k++) {
		next[k + 1] += next[k];
		if (candidates >> k & 1) {
			struct careful *s = &g->side[block * BLOCK + k];
			s->first = (uint32_t)g->n_events + next[k];
			s->n = next[k + 1] - next[k];
			s->listed = g->segment;
		}
	}
	if (!reserve_events(g, g->n_events + g->n_picked))
		return;
	for (size_t i = 0; i < g->n_picked; i++)
		g->events[g->n_events + next[g->picked[i].neuron]++] = g->picked[i].event;
	g->n_events += g->n_picked;
}

/* Neurons of a block that are careful already, or may become so in this segment. */
static uint64_t find_candidates(const struct spk_group *g, size_t first, size_t last)
{
	const double level = (g->theta - CANDIDATE * (g->theta - g->reset)) * g->f_a;
	uint64_t candidates = 0;

	for (size_t k = first; k < last; k++)
		candidates |= (uint64_t)(g->u[k] >= level) << (k - first);
	return candidates;
}

static void add_inputs(struct spk_group *g)
{
	const double level = g->theta * g->f_a;

	if (g->has_inhibition)
		memset(g->late, 0, g->n_blocks * BLOCK * sizeof *g->late);
	for (size_t block = 0; block < g->n_blocks; block++) {
		double early[BLOCK] = {0};
		const size_t first = block * BLOCK, last = first + BLOCK < g->n ? first + BLOCK : g->n;
		const uint64_t candidates = find_candidates(g, first, last);
		sum_block(g, block, candidates, early);
		list_events(g, block, candidates);
		for (size_t k = first; k < last; k++) {
			const double u = g->u[k];
			if (u == CAREFUL)
				sort_events(g->events + g->side[k].first, g->side[k].n);
			if (u == CAREFUL || u == RESTING)
				continue;
			g->u[k] = u + early[k - first];
			if (g->u[k] < level)
				continue;
			g->side[k] = make_careful(g, k, u, -HUGE_VAL);
			g->side[k].u = u; /* nothing was in it yet */
			mark_careful(g, k);
		}
	}
}

/* Potentials above the threshold at the very start count as arrivals of that time. */
static void test_start(struct spk_group *g)
{
	g->is_first = 0;
	for (size_t k = 0; k < g->n; k++) {
		if (!(g->u[k] >= g->theta * g->f_a) || g->u[k] == CAREFUL)
			continue;
		g->side[k] = make_careful(g, k, g->u[k], -HUGE_VAL);
		g->side[k].u = g->u[k];
		g->side[k].t_test = g->a;
		g->side[k].level = g->theta * g->f_a;
		mark_careful(g, k);
	}
}

static void begin(struct spk_group *g, double a, double b, uint64_t number)
{
	(void)number;
	g->segment++;
	g->a = a;
	g->b = b;
	g->f_a = factor_at(g, a);
	g->n_events = g->n_careful = 0;
	for (size_t i = 0; i < g->n_inputs; i++)
		for (size_t k = 0; k < g->n_blocks; k++)
			g->inputs[i].draw[k] = g->inputs[i].rng[k].draw;
	if (g->is_first)
		test_start(g);
	wake_resting(g);
	if (g->n_inputs)
		add_inputs(g);
}

/* An arrival whose test did not rule out a crossing; `before`: U without it. */
static void arrive_carefully(struct spk_group *g, size_t neuron, double before, double t, double f, double w)
{
	if (before != CAREFUL) {
		g->side[neuron] = make_careful(g, neuron, before, t);
		mark_careful(g, neuron);
	}
	g->u[neuron] = CAREFUL;
	catch_up(g, &g->side[neuron], neuron, t, 0, 1);
	arrive(g, &g->side[neuron], neuron, t, f, w, 1);
}

/* One loop for each form of weight and sign of theta: the compiler drops what a form does not need. */
static inline __attribute__((always_inline)) void deliver_row(
	struct spk_group *g, const struct spk_bundle *b, double f, int form, int falls)
{
	const double level = g->theta * f, shared = b->shared * f;
	double *u = g->u;

	for (size_t k = 0; k < b->n; k++) {
		const uint32_t neuron = b->target[k];
		const double before = u[neuron];
		const double after = before + (form == 0 ? shared : (form == 1 ? (double)b->f32[k] : b->f64[k]) * f);
		const double highest = falls && before > after ? before : after;
		u[neuron] = after;
		if (__builtin_expect(highest >= level, 0))
			arrive_carefully(g, neuron, before, b->t, f,
				form == 0 ? b->shared : form == 1 ? (double)b->f32[k] : b->f64[k]);
	}
}

static void deliver(struct spk_group *g, const struct spk_bundle *b)
{
	const double f = factor_at(g, b->t);
	const int form = b->f64 ? 2 : b->f32 ? 1 : 0, falls = !(g->theta > 0);

	switch (2 * form + falls) {
	case 0:
		deliver_row(g, b, f, 0, 0);
		break;
	case 1:
		deliver_row(g, b, f, 0, 1);
		break;
	case 2:
		deliver_row(g, b, f, 1, 0);
		break;
	case 3:
		deliver_row(g, b, f, 1, 1);
		break;
	case 4:
		deliver_row(g, b, f, 2, 0);
		break;
	default:
		deliver_row(g, b, f, 2, 1);
	}
}

/* Spikes of these neurons before t, for rules that read them at t. */
static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	const int falls = !(g->theta > 0);
	const double level = falls ? g->theta * factor_at(g, t) : CAREFUL;

	for (size_t k = 0; k < n; k++) {
		const uint32_t neuron = target[k];
		const double u = g->u[neuron];
		if (!(u >= level))
			continue;
		if (u != CAREFUL) {
			g->side[neuron] = make_careful(g, neuron, u, t);
			mark_careful(g, neuron);
		}
		catch_up(g, &g->side[neuron], neuron, t, 0, 1);
		resolve(g, &g->side[neuron], neuron, t, 0, 1);
	}
}

static int finish(struct spk_group *g)
{
	const double level = g->theta * factor_at(g, g->b);

	for (size_t k = 0; g->has_inhibition && k < g->n; k++)
		if (g->u[k] != CAREFUL && g->u[k] != RESTING)
			g->u[k] += g->late[k];
	for (size_t k = 0; !(g->theta > 0) && k < g->n; k++) {
		if (!(g->u[k] >= level) || g->u[k] == CAREFUL)
			continue;
		g->side[k] = (struct careful){
			.u = g->u[k], .t_test = -HUGE_VAL, .level = HUGE_VAL, .ready = -HUGE_VAL};
		mark_careful(g, k);
	}
	for (size_t k = 0; k < g->n_careful; k++) {
		const uint32_t neuron = g->careful[k];
		struct careful *s = &g->side[neuron];
		catch_up(g, s, neuron, g->b, 0, 1);
		resolve(g, s, neuron, g->b, 0, 1);
		g->u[neuron] = s->u;
		if (s->ready > g->b) {
			g->u[neuron] = RESTING;
			g->resting[g->n_resting++] = neuron;
		}
	}
	g->n_careful = 0;
	return g->failed ? SPK_E_NOMEM : SPK_OK;
}

/* On a copy of the neuron: readout sees all events and the threshold of time t. */
static void peek(const struct spk_group *given, uint32_t neuron, double t, double *ret_state)
{
	struct spk_group *g = (struct spk_group *)(uintptr_t)given; /* for its scratch memory alone */
	const size_t n_events = g->n_events;
	const double u = g->u[neuron];
	struct careful s = g->side[neuron];

	if (u != CAREFUL && u != RESTING)
		s = make_careful(g, neuron, u, nextafter(t, HUGE_VAL));
	else if (u == RESTING)
		s.n = 0;
	catch_up(g, &s, neuron, t, 1, 0);
	resolve(g, &s, neuron, t, 1, 0);
	g->n_events = n_events;
	ret_state[SPK_V_M] = t < s.ready ? g->v_inf + g->reset : g->v_inf + s.u / factor_at(g, t);
	ret_state[SPK_U] = ret_state[SPK_U_BAR] = (double)NAN; /* such populations get a general group */
	ret_state[SPK_I_EXT] = 0;
	ret_state[SPK_REFRACTORY] = fmax(0, s.ready - t);
}

static void rebase(struct spk_group *g, double shift)
{
	const double scale = factor_at(g, -shift);

	for (size_t k = 0; k < g->n; k++)
		if (g->u[k] != CAREFUL && g->u[k] != RESTING)
			g->u[k] *= scale;
	for (size_t k = 0; k < g->n_resting; k++) {
		g->side[g->resting[k]].u *= scale;
		g->side[g->resting[k]].ready -= shift;
	}
}

static void set_rate(struct spk_group *g, size_t k, double rate)
{
	g->inputs[k].rate = rate;
}

static double segment_limit(const struct spk_group *g)
{
	double per_ms = 0;

	for (size_t k = 0; k < g->n_inputs; k++)
		if (g->inputs[k].weight > 0)
			per_ms += g->inputs[k].weight * g->inputs[k].rate / 1000;
	const double limit = g->n_inputs ? LONGEST_SEGMENT_TAUS * g->tau : HUGE_VAL;
	return per_ms > 0 ? fmin(limit, BOOST * (g->theta - g->reset) / per_ms) : limit;
}

static uint64_t input_events(const struct spk_group *g)
{
	return g->n_input_events;
}

static size_t bytes(const struct spk_group *g)
{
	return sizeof *g + g->n * (sizeof *g->u + sizeof *g->side + 2 * sizeof(uint32_t)) +
	       g->n_inputs * g->n_blocks * (sizeof(struct spk_rng) + sizeof(uint64_t));
}

static double epoch_tau(const double *par)
{
	return par[SPK_LIF_TAU_M];
}

static void free_group(struct spk_group *g)
{
	if (!g)
		return;
	for (size_t k = 0; k < g->n_inputs; k++) {
		free(g->inputs[k].rng);
		free(g->inputs[k].draw);
	}
	free(g->u);
	free(g->side);
	free(g->careful);
	free(g->resting);
	free(g->late);
	free(g->events);
	free(g->bits);
	free(g->when);
	free(g->factor);
	free(g->chosen);
	free(g->picked);
	free(g);
}

static int create_inputs(struct spk_group *g, const struct spk_group_spec *spec)
{
	for (; g->n_inputs < spec->n_inputs; g->n_inputs++) {
		struct input *input = &g->inputs[g->n_inputs];
		const struct spk_group_input *given = &spec->inputs[g->n_inputs];
		input->rate = given->rate;
		input->weight = given->weight;
		g->has_inhibition = g->has_inhibition || given->weight < 0;
		input->rng = malloc((g->n_blocks + 1) * sizeof *input->rng);
		input->draw = calloc(g->n_blocks + 1, sizeof *input->draw);
		if (!input->rng || !input->draw)
			return 0;
		for (size_t k = 0; k < g->n_blocks; k++)
			input->rng[k] = spk_rng_stream(
				spec->seed, SPK_RNG_INPUT, given->number, spec->first_id + k * BLOCK);
	}
	return 1;
}

static int create(const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	const double *par = spec->par;
	struct spk_group *g = calloc(1, sizeof *g);

	if (!g)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for neurons");
	g->n = spec->n;
	g->n_blocks = (spec->n + BLOCK - 1) / BLOCK;
	g->tau = par[SPK_LIF_TAU_M];
	g->v_inf = par[SPK_LIF_E_L] + par[SPK_LIF_I_E] * par[SPK_LIF_TAU_M] / par[SPK_LIF_C_M];
	g->theta = par[SPK_LIF_V_TH] - g->v_inf;
	g->reset = par[SPK_LIF_V_RESET] - g->v_inf;
	g->t_ref = par[SPK_LIF_T_REF];
	g->emit = spec->emit;
	g->context = spec->context;
	g->is_first = 1;
	g->u = malloc((spec->n + 1) * sizeof *g->u);
	g->side = calloc(spec->n + 1, sizeof *g->side);
	g->careful = malloc((spec->n + 1) * sizeof *g->careful);
	g->resting = malloc((spec->n + 1) * sizeof *g->resting);
	g->late = malloc((g->n_blocks * BLOCK + 1) * sizeof *g->late);
	if (spec->n_inputs > MAX_INPUTS || !g->u || !g->side || !g->careful || !g->resting || !g->late ||
		!create_inputs(g, spec)) {
		const int too_many = spec->n_inputs > MAX_INPUTS;
		free_group(g);
		return too_many ? spk_fail(err, SPK_E_LIMIT, "more than %d Poisson inputs onto one population",
					  MAX_INPUTS)
				: spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	}
	for (size_t k = 0; k < spec->n; k++) {
		const double *st = spec->state + k * spec->model->n_states;
		g->u[k] = st[SPK_V_M] - g->v_inf;
		g->side[k].ready = st[SPK_REFRACTORY];
		if (st[SPK_REFRACTORY] > 0) {
			g->side[k].u = g->reset * factor_at(g, st[SPK_REFRACTORY]);
			g->side[k].t_test = -HUGE_VAL;
			g->side[k].level = HUGE_VAL;
			g->u[k] = RESTING;
			g->resting[g->n_resting++] = (uint32_t)k;
		}
	}
	*ret_group = g;
	return SPK_OK;
}

const struct spk_group_type spk_group_delta = {
	.create = create,
	.free = free_group,
	.rebase = rebase,
	.begin = begin,
	.deliver = deliver,
	.settle = settle,
	.finish = finish,
	.peek = peek,
	.set_rate = set_rate,
	.segment_limit = segment_limit,
	.input_events = input_events,
	.bytes = bytes,
	.epoch_tau = epoch_tau,
};
