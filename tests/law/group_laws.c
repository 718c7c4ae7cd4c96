/* Laws that every fast group obeys. */
#include "tests/neuron_probe.h"

#include <spikem/group.h>

enum { N = 150, SEGMENTS = 12, MOST_EVENTS = 700, MOST_SPIKES = 20000 };
static const double SEGMENT_MS = 0.7;

struct spikes {
	size_t n;
	double t[MOST_SPIKES];
	uint32_t neuron[MOST_SPIKES];
};

static void note_spike(void *context, uint32_t neuron, double t)
{
	struct spikes *s = context;

	if (CHECK(s->n < MOST_SPIKES)) {
		s->neuron[s->n] = neuron;
		s->t[s->n++] = t;
	}
}

/* A neuron that noise of a few mV makes fire; its constant drive alone may do so too. */
static struct probe driven_neuron(const struct spk_neuron_model *m, uint64_t *seed)
{
	struct probe p = probe_random(m, seed);
	const double rheobase = 15 * probe_get(&p, "C_m") / probe_get(&p, "tau_m");

	probe_set(&p, "E_L", -65);
	probe_set(&p, "V_th", -50);
	probe_set(&p, "V_reset", -60);
	probe_set(&p, "I_e", test_uniform(seed, 0.5, 1.2) * rheobase);
	probe_ready(&p);
	return p;
}

/* What 1 mV of a weight is, roughly. */
static double weight_scale(const struct probe *p)
{
	return probe_has(p, "tau_syn_ex") ? probe_get(p, "C_m") / probe_get(p, "tau_syn_ex") : 1;
}

static struct spk_group *make_group(const struct probe *p, uint64_t seed, struct spikes *spikes)
{
	const size_t n_states = p->model->n_states;
	double *state = calloc(N * n_states, sizeof *state);
	struct spk_group *g = NULL;
	struct spk_error err;

	for (size_t k = 0; k < N; k++) {
		memcpy(state + k * n_states, p->st, n_states * sizeof *state);
		state[k * n_states + SPK_V_M] = test_uniform(&seed, -65, -50);
	}
	const struct spk_group_spec spec = {.model = p->model,
		.n = N,
		.par = p->par,
		.state = state,
		.emit = note_spike,
		.context = spikes};
	spikes->n = 0;
	CHECK(p->model->group->create(&spec, &g, &err) == SPK_OK);
	free(state);
	return g;
}

struct events {
	double t[MOST_EVENTS], weight[MOST_EVENTS];
	uint32_t target[MOST_EVENTS];
};

static void draw_events(const struct probe *p, double a, struct events *e, uint64_t *seed)
{
	double t = a;

	for (size_t k = 0; k < MOST_EVENTS; k++) {
		const double step = test_uniform(seed, -0.5, 1); /* some at one time */
		t += step > 0 ? step * SEGMENT_MS / MOST_EVENTS : 0;
		e->t[k] = t;
		e->target[k] = (uint32_t)test_uniform(seed, 0, N);
		e->weight[k] = weight_scale(p) * test_uniform(seed, -1.2, 1.6);
	}
}

static void deliver_singly(const struct spk_group_type *type, struct spk_group *g, const struct events *e)
{
	for (size_t k = 0; k < MOST_EVENTS; k++) {
		const struct spk_bundle one = {
			.t = e->t[k], .n = 1, .target = &e->target[k], .f64 = &e->weight[k]};
		type->deliver(g, &one);
	}
}

static void deliver_in_volleys(
	const struct spk_group_type *type, struct spk_group *g, const struct events *e, uint64_t *seed)
{
	for (size_t k = 0, n; k < MOST_EVENTS; k += n) {
		n = (size_t)test_uniform(seed, 0, 400);
		n = n < MOST_EVENTS - k ? n : MOST_EVENTS - k;
		const struct spk_volley v = {
			.n = n, .t = e->t + k, .target = e->target + k, .weight = e->weight + k};
		type->deliver_each(g, &v);
	}
}

static void check_same_states(const struct spk_group_type *type, const struct spk_group *a,
	const struct spk_group *b, double t, size_t n_states)
{
	for (uint32_t k = 0; k < N; k++) {
		double st_a[PROBE_MAX] = {0}, st_b[PROBE_MAX] = {0};
		type->peek(a, k, t, st_a);
		type->peek(b, k, t, st_b);
		CHECK(memcmp(st_a, st_b, n_states * sizeof *st_a) == 0);
	}
}

static void check_same_spikes(const struct spikes *a, const struct spikes *b)
{
	CHECK(a->n == b->n);
	for (size_t k = 0; k < a->n && a->n == b->n; k++)
		CHECK(a->t[k] == b->t[k] && a->neuron[k] == b->neuron[k]);
}

static void a_volley_is_its_events_one_by_one(void)
{
	static struct spikes singly, volleys;
	static struct events e;
	size_t total = 0;

	FOR_EACH_NEURON(m)
	PROPERTY(40, seed)
	{
		const struct spk_group_type *type = m->group;
		if (!type || !type->deliver_each)
			continue;
		const struct probe p = driven_neuron(m, &seed);
		const uint64_t start = seed;
		struct spk_group *a = make_group(&p, start, &singly), *b = make_group(&p, start, &volleys);
		for (int k = 0; k < SEGMENTS; k++) {
			const double t = k * SEGMENT_MS;
			draw_events(&p, t, &e, &seed);
			type->begin(a, t, t + SEGMENT_MS);
			type->begin(b, t, t + SEGMENT_MS);
			deliver_singly(type, a, &e);
			deliver_in_volleys(type, b, &e, &seed);
			CHECK(type->finish(a) == SPK_OK && type->finish(b) == SPK_OK);
			check_same_states(type, a, b, t + SEGMENT_MS, m->n_states);
		}
		check_same_spikes(&singly, &volleys);
		total += singly.n;
		type->free(a);
		type->free(b);
	}
	CHECK(total > 3000);
	printf("# %zu spikes\n", total);
}

TEST_MAIN(TEST(a_volley_is_its_events_one_by_one))
