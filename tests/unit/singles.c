/*
 * Single events: the bins against one sorted list, and networks with drawn delays against the same networks
 * whose connections are listed, which the queue holds as rows.
 */
#include "tests/net.h"

#include "sim/singles.h"

static const double CELL = 0.75;

enum { MEMBERS = 3, MAX_EVENTS = 200000 };

/* What was sent, in that order. */
struct sent {
	double t; /* ms since the start */
	uint32_t source, member, number;
};

struct script {
	struct spk_singles singles;
	struct spk_lattice lattice;
	uint64_t cell;
	size_t n, taken;
	struct sent *sent;
};

/* Spikes in the cell at work; times and delays on a grid, or all but one alike, make ties. */
static void send_some(struct script *s, uint64_t *seed, double furthest, double grid)
{
	const double now = (double)(s->cell - s->lattice.epoch_cell) * CELL;
	const double epoch = (double)s->lattice.epoch_cell * CELL;

	for (uint64_t n = test_random(seed) % 6; n > 0; n--) {
		float delay[40];
		uint8_t code[40 * SPK_CODE_BYTES];
		size_t n_code = 0;
		double weight[40];
		const struct spk_single_row row = {.member = test_random(seed) % MEMBERS,
			.t = now + floor(test_uniform(seed, 0, CELL) / grid) * grid,
			.source = (uint32_t)(test_random(seed) % 5),
			.n = test_random(seed) % 40,
			.delay = delay,
			.code = code,
			.f64 = weight};
		for (size_t k = 0; k < row.n; k++) {
			delay[k] = (float)(CELL + floor(test_uniform(seed, 0, furthest) / grid) * grid);
			/* the target is the event's number */
			n_code += spk_target_encode((uint32_t)(k ? 1 : s->n), code + n_code);
			weight[k] = (double)s->n;
			s->sent[s->n] = (struct sent){epoch + row.t + (double)delay[k], row.source,
				(uint32_t)row.member, (uint32_t)s->n};
			s->n++;
		}
		CHECK(spk_singles_send(&s->singles, &s->lattice, &row, NULL) == SPK_OK);
	}
}

static int compare_sent(const void *left, const void *right)
{
	const struct sent *a = left, *b = right;

	if (a->t != b->t)
		return a->t < b->t ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* Input events in [a, b) of the open cell. */
static void add_inputs(struct script *s, uint32_t member, double a, double b, double grid, uint64_t *seed)
{
	const double epoch = (double)s->lattice.epoch_cell * CELL;
	struct spk_single events[30];
	const size_t n = test_random(seed) % 30;

	for (size_t k = 0; k < n; k++, s->n++) {
		const double t = a + floor(test_uniform(seed, 0, b - a) / grid) * grid;
		events[k] = (struct spk_single){t - epoch, (double)s->n, SPK_SINGLE_INPUT, (uint32_t)s->n};
		s->sent[s->n] = (struct sent){t, SPK_SINGLE_INPUT, member, (uint32_t)s->n};
	}
	const struct spk_bin others = {.n = n, .items = events};
	CHECK(spk_singles_begin(&s->singles, &s->lattice, member, a - epoch, b - epoch, &others, NULL) ==
		SPK_OK);
}

/* Take the events of [a, b) in pieces and compare them with those of a sorted copy of the list. */
static void check_stretch(struct script *s, uint32_t member, double a, double b, uint64_t *seed)
{
	const double epoch = (double)s->lattice.epoch_cell * CELL;
	struct sent *due = malloc((s->n + 1) * sizeof *due);
	size_t n = 0, k = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->sent[i].member == member && s->sent[i].t >= a && s->sent[i].t < b)
			due[n++] = s->sent[i];
	qsort(due, n, sizeof *due, compare_sent);
	while (k < n) {
		/* up to an event, without it, or up to the end */
		const size_t last = test_random(seed) % 4 ? k + test_random(seed) % (n - k) : n;
		const double t = last < n ? due[last].t : b;
		const uint32_t source = last < n ? due[last].source : 0;
		size_t inputs, want = 0;
		const struct spk_volley v = spk_singles_take(&s->singles, member, t - epoch, source, &inputs);
		for (size_t i = 0; i < v.n; i++, k++) {
			if (!CHECK(k < n && v.target[i] == due[k].number && v.weight[i] == due[k].number &&
				    v.t[i] == due[k].t - epoch))
				break;
			want += due[k].source == SPK_SINGLE_INPUT;
		}
		CHECK(inputs == want);
		CHECK(k == n || due[k].t > t || (due[k].t == t && due[k].source >= source));
		if (last == n && !CHECK(k == n))
			break;
	}
	s->taken += n;
	free(due);
}

/* The events of a cell, whose first half may be a stretch of its own. */
static void check_cell(struct script *s, double grid, uint64_t *seed)
{
	const double start = (double)s->cell * CELL, end = (double)(s->cell + 1) * CELL;
	const double middle = start + (test_random(seed) % 2 ? CELL / 2 : 0);

	spk_singles_open(&s->singles, s->cell);
	for (uint32_t member = 0; member < MEMBERS; member++) {
		if (middle > start) {
			add_inputs(s, member, start, middle, grid, seed);
			check_stretch(s, member, start, middle, seed);
		}
		add_inputs(s, member, middle, end, grid, seed);
		check_stretch(s, member, middle, end, seed);
		CHECK(s->singles.open[member].next == s->singles.open[member].n);
	}
}

static void bins_are_one_sorted_list(void)
{
	PROPERTY(20, seed)
	{
		struct script s = {.lattice = spk_lattice_of(CELL)};
		const double furthest = test_random(&seed) % 3 ? test_uniform(&seed, 0.5, 12) : 300;
		/* a coarse grid makes ties, one of a whole cell puts all events of a cell at one time */
		const double grids[] = {0x1p-20, 0.125, CELL}, grid = grids[test_random(&seed) % 3];
		size_t dropped = 0;
		s.sent = malloc(MAX_EVENTS * sizeof *s.sent);
		/* too short a ring makes cells share bins */
		CHECK(spk_singles_init(&s.singles, MEMBERS, test_random(&seed) % 2 ? 32 : 4, NULL) == SPK_OK);
		for (int round = 0; round < 200; round++, s.cell++) {
			check_cell(&s, grid, &seed);
			send_some(&s, &seed, furthest, grid);
			if (test_random(&seed) % 40 == 0) {
				spk_singles_empty(&s.singles);
				dropped += s.n;
				s.n = 0;
			}
			if (test_random(&seed) % 10 != 0)
				continue;
			const uint64_t cells = s.cell + 1 - s.lattice.epoch_cell;
			spk_singles_rebase(&s.singles, (double)cells * CELL);
			s.lattice.epoch_cell += cells;
		}
		CHECK(dropped + s.n > 5000 && (furthest > 100 || s.taken > 1000));
		spk_singles_clear(&s.singles);
		free(s.sent);
	}
}

/* Rows, plastic rows, inputs, samples and single events of equal sources onto the same neurons. */
static const char MIXED[] =
	"spikem: 1\nseed: 5\nduration: 300 ms\n"
	"populations:\n"
	"  noise: {size: 60, model: poisson, params: {rate: 100 Hz}}\n"
	"  clock: {size: 30, model: regular, params: {rate: 125 Hz}}\n"
	"  delta: {size: 140, model: lif_delta, params: {V_th: 15 mV}}\n"
	"  exp: {size: 140, model: lif_exp, params: {V_th: 10 mV}}\n"
	"  spread: {size: 70, model: lif_delta, params: {tau_m: {uniform: [15 ms, 25 ms]}, V_th: 15 mV}}\n"
	"inputs:\n"
	"  up: {model: poisson, rate: 2 kHz, to: [delta, spread], weight: 0.2 mV}\n"
	"projections:\n"
	"  - {from: noise, to: delta, connect: {fixed_in_degree: 20}, weight: 0.3 mV, delay: 1 ms}\n"
	"  - {from: clock, to: spread, connect: {fixed_in_degree: 5}, weight: 0.5 mV, delay: 2 ms,\n"
	"     plasticity: {rule: stdp_pair, bounds: [0 mV, 1 mV]}}\n"
	"  - {from: noise, to: spread, connect: {fixed_in_degree: 10}, weight: 0.4 mV,\n"
	"     delay: {axonal: 1 ms, dendritic: 2 ms}, plasticity: {rule: stdp_pair, bounds: [0 mV, 1 mV]}}\n"
	"  - {from: noise, to: exp, connect: {fixed_in_degree: 40}, weight: 60 pA, delay: 1.2 ms}\n"
	"%s"
	"record:\n  spikes: all\n"
	"  state: [{of: delta, variables: V_m, every: 0.3 ms}, {of: exp, variables: V_m, every: 0.3 ms}]\n";

static const char DRAWN[] =
	"  - {from: [noise, clock], to: [delta, spread], connect: {fixed_in_degree: 20}, "
	"weight: {normal: {mean: 0.4 mV, sd: 0.4 mV}}, delay: {normal: {mean: 1.5 ms, sd: 1 ms, min: 0.3 "
	"ms}}}\n"
	"  - {from: delta, to: [delta, spread], connect: {fixed_probability: 0.1}, "
	"weight: 0.3 mV, delay: {uniform: [0.4 ms, 40 ms]}}\n"
	"  - {from: [delta, exp], to: exp, connect: {fixed_total: 2800, multapses: true}, "
	"weight: {lognormal: {mean: 40 pA, sd: 20 pA}}, delay: {lognormal: {mean: 3 ms, sd: 2 ms, min: 0.35 "
	"ms}}}\n";

/* The synapses of all projections from number `first` on, listed. */
static char *list_of(const struct net *net, size_t first)
{
	const struct spk_partition *p = &net->sim->engine.network.partitions[0];
	const struct spk_scenario *sc = net->scenario;
	size_t length = 0, capacity = 1 << 22;
	char *text = malloc(capacity);

	for (size_t i = first; i < p->n_tables; i++) {
		const struct spk_table *t = &p->tables[i].table;
		CHECK(t->delay != NULL);
		length += (size_t)sprintf(text + length, "  - {from: %s, to: %s, connect: {list: [",
			sc->populations[sc->projections[i].from].name,
			sc->populations[sc->projections[i].to].name);
		for (uint64_t row = 0; row < t->n_rows; row++) {
			struct spk_targets targets = spk_table_targets(t, row);
			for (uint32_t k = t->rows[row].first; k < t->rows[row].first + t->rows[row].n; k++)
				length += (size_t)sprintf(text + length, "%s[%u, %u, %.17g %s, %.17g ms]",
					k ? ", " : "", t->source_of_row[row], spk_targets_next(&targets),
					spk_table_weight(t, k),
					strcmp(sc->populations[sc->projections[i].to].neuron->name,
						"lif_delta") == 0
						? "mV"
						: "pA",
					spk_table_delay(t, row, k));
		}
		length += (size_t)sprintf(text + length, "]}}\n");
		if (!CHECK(length < capacity - 1000))
			break;
	}
	return text;
}

enum { FIRST_DRAWN = 4 };

static void drawn_delays_are_like_listed_ones(void)
{
	char *yaml = net_text(MIXED, DRAWN);
	struct net drawn, listed;

	if (!net_open(&drawn, yaml, 1, 1) || !net_run(&drawn))
		return;
	free(yaml);
	char *list = list_of(&drawn, FIRST_DRAWN);
	yaml = net_text(MIXED, list);
	if (net_open(&listed, yaml, 1, 1) && net_run(&listed)) {
		CHECK(listed.sim->engine.network.partitions[0].tables[FIRST_DRAWN].table.delay == NULL);
		for (size_t k = 2; k < 5; k++)
			CHECK(net_count(&drawn, k) > 100);
		printf("# %zu spikes, %llu synaptic events\n", drawn.n,
			(unsigned long long)drawn.counts.synaptic_events);
		CHECK(net_same_spikes(&drawn, &listed));
		CHECK(net_same_states(&drawn, &listed));
		CHECK(drawn.counts.synaptic_events == listed.counts.synaptic_events);
		uint64_t n, m;
		double *x = net_weights(&drawn, 1, &n), *y = net_weights(&listed, 1, &m);
		CHECK(n == m && memcmp(x, y, n * sizeof *x) == 0);
		free(x);
		free(y);
		net_close(&listed);
	}
	net_close(&drawn);
	free(yaml);
	free(list);
}

static void drawn_delays_take_at_most_10_bytes(void)
{
	struct net net;

	if (!net_open(&net,
		    "spikem: 1\nseed: 1\nduration: 1 ms\npopulations:\n"
		    "  a: {size: 500, model: lif_exp}\n"
		    "projections:\n  - {from: a, to: a, connect: {fixed_in_degree: 200}, weight: {normal: "
		    "{mean: 1 pA, sd: 0.1 pA}}, delay: {normal: {mean: 2 ms, sd: 1 ms, min: 0.1 ms}}}\n",
		    1, 1))
		return;
	const struct spk_table *t = &net.sim->engine.network.partitions[0].tables[0].table;
	CHECK(t->n_synapses == 100000 && t->n_rows == 500);
	CHECK(spk_table_bytes(t) < 10 * t->n_synapses);
	net_close(&net);
}

TEST_MAIN(TEST(bins_are_one_sorted_list), TEST(drawn_delays_are_like_listed_ones),
	TEST(drawn_delays_take_at_most_10_bytes))
