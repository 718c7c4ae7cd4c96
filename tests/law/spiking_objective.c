/* The objective of spiking chains against one computed by hand, its gradients against finite differences of
 * that one. */
#include "tests/law/chain_by_hand.h"

static const char OBJECTIVE[] =
	"  objective: {name: J, layers: [x, h1, h2], decoders: [g1, g2], encoders: [f1, f2], alpha: 0.3, "
	"sigma: [30 %s, 20 %s, 15 %s], readout: %s, width: 40 ms, every: 5 ms, gradient: %s}\n";
static const char STDP[] =
	", plasticity: {rule: stdp_pair, params: {A_plus: 0.02, A_minus: 0.01}, bounds: [0 pA, "
	"100 pA]}";

/* ---- Checks ------------------------------------------------------------------------------------- */

static void check_terms(const struct run *run)
{
	static const double factor[] = {1, 1, 0.3, 0.3};
	double *term[4], largest = 0;
	uint64_t n, m;
	double *J = read_column(run->file, "/objective/J", "J", SPK_F64, &n);
	double *time = read_column(run->file, "/objective/J", "time", SPK_F64, &m);
	for (int map = 0; map < 4; map++)
		term[map] = read_column(run->file, "/objective/J", MAPS[map].term, SPK_F64, &m);
	CHECK(n == SAMPLES && m == SAMPLES);
	for (int i = 0; i < SAMPLES && n == SAMPLES; i++) {
		double sum = 0;
		CHECK(time[i] == run->start + i * EVERY);
		for (int map = 0; map < 4; map++) {
			const double want = term_by_hand(run, map, i, UINT64_MAX, 0);
			CHECK_ABS(term[map][i], want, map == 3 ? 1e-7 * sqrt(-want) : -1e-11 * want,
				"rounding; the escape rate by hand is good to 1e-6 Hz");
			sum += factor[map] * want;
			largest = fmin(largest, want);
		}
		CHECK_ABS(J[i], sum, 1e-7 * sqrt(-sum), "as the terms");
	}
	CHECK(largest < -0.1);
	for (int map = 0; map < 4; map++)
		free(term[map]);
	free(time);
	free(J);
}

/* The sum of a term over the samples, as a function of one weight. */
static double slope_by_hand(const struct run *run, int map, uint64_t k)
{
	const double by = 1e-5;
	double slope = 0;
	for (int i = 0; i < SAMPLES; i++)
		slope += (term_by_hand(run, map, i, k, by) - term_by_hand(run, map, i, k, -by)) / (2 * by);
	return slope;
}

static void check_gradients(const struct run *run)
{
	static const double factor[] = {1, 1, 0.3, 0.3};
	for (int map = 0; map < 4; map++) {
		uint64_t n;
		double *gradient =
			read_column(run->file, "/objective/J/gradient", MAPS[map].name, SPK_F64, &n);
		double most = 0;
		CHECK(n == run->n[map]);
		for (uint64_t k = 0; k < n; k++)
			most = fmax(most, fabs(gradient[k]));
		CHECK(most > 0);
		for (uint64_t k = 0; k < n; k += map == 3 ? 3 : 1)
			CHECK_ABS(gradient[k], factor[map] * slope_by_hand(run, map, k), 1e-5 * most,
				"central differences");
		free(gradient);
	}
}

struct setup {
	double start;
	int copies, plastic, limit;
	const char *readout;
};

static char *text_of(const struct setup *s, const char *objective)
{
	char *text = net_text(NETWORK, 4, s->start, s->copies, s->copies, s->copies, s->copies,
		s->plastic ? 10. : -30., s->plastic ? STDP : "", objective);
	if (!s->limit)
		return text;
	char *whole = net_text("%srate_limit: {run: true}\n", text);
	free(text);
	return whole;
}

static char *objective_of(const struct setup *s)
{
	const char *unit = strcmp(s->readout, "rate") == 0 ? "Hz" : "mV";
	return net_text(OBJECTIVE, unit, unit, unit, s->readout, s->copies == 1 ? "true" : "false");
}

static void check_setup(const struct setup *s)
{
	char path[512], *objective = objective_of(s), *yaml = text_of(s, objective);
	struct net net;
	net_path(path, "objective.h5");
	const struct spk_sim_options options = {.threads = 1, .output = path};
	if (net_make(&net, net_read(yaml), &options) && net_run(&net)) {
		struct run *run = calloc(1, sizeof *run);
		run->start = s->start;
		run->copies = s->copies;
		run->readout = s->readout;
		CHECK(spk_file_open(path, &run->file, NULL) == SPK_OK);
		if (s->limit)
			read_rates(run);
		else
			count_spikes(run, &net);
		read_readout(run, s->limit ? 1 : s->copies);
		if (s->limit)
			copy_weights(run, &net);
		else
			read_weights(run);
		check_terms(run);
		if (s->copies == 1)
			check_gradients(run);
		if (s->plastic)
			CHECK(fabs(run->weight[0][0][0] - run->weight[0][SAMPLES - 1][0]) > 0.1);
		run_close(run);
		net_close(&net);
	}
	unlink(path);
	free(objective);
	free(yaml);
}

static void rates_by_hand(void)
{
	check_setup(&(struct setup){.copies = 1, .readout = "rate"});
	check_setup(&(struct setup){.start = 1000, .copies = 1, .plastic = 1, .readout = "rate"});
}

static void potentials_by_hand(void)
{
	check_setup(&(struct setup){.copies = 1, .readout = "u"});
	check_setup(&(struct setup){.start = -7, .copies = 1, .plastic = 1, .readout = "u_bar"});
}

static void copies_by_hand(void)
{
	check_setup(&(struct setup){.copies = 3, .readout = "rate"});
	check_setup(&(struct setup){.copies = 3, .readout = "u"});
}

static void rate_limit_by_hand(void)
{
	check_setup(&(struct setup){.copies = 1, .limit = 1, .readout = "rate"});
	check_setup(&(struct setup){.copies = 1, .limit = 1, .readout = "u"});
}

/* ---- What does not matter ----------------------------------------------------------------------- */

static void run_to(const char *yaml, unsigned threads, const char *path, struct net *ret_net)
{
	const struct spk_sim_options options = {
		.threads = threads, .partitions = 2 * threads - 1, .output = path};
	CHECK(net_make(ret_net, net_read(yaml), &options) && net_run(ret_net));
}

/* Two runs and their files. */
struct pair {
	char path[2][512];
	struct net net[2];
	struct spk_file *file[2];
};

static int open_pair(struct pair *pair, const char *first, const char *second, unsigned threads)
{
	net_path(pair->path[0], "first.h5");
	net_path(pair->path[1], "second.h5");
	run_to(first, 1, pair->path[0], &pair->net[0]);
	run_to(second, threads, pair->path[1], &pair->net[1]);
	return CHECK(!spk_file_open(pair->path[0], &pair->file[0], NULL) &&
		     !spk_file_open(pair->path[1], &pair->file[1], NULL));
}

static void close_pair(struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		(void)spk_file_close(pair->file[i], 0, NULL);
		net_close(&pair->net[i]);
		unlink(pair->path[i]);
	}
}

static void check_same_column(const struct pair *pair, const char *group, const char *name)
{
	uint64_t n, m;
	double *x = read_column(pair->file[0], group, name, SPK_F64, &n),
	       *y = read_column(pair->file[1], group, name, SPK_F64, &m);
	CHECK(n > 0 && n == m && memcmp(x, y, n * sizeof *x) == 0);
	free(x);
	free(y);
}

static void threads_and_partitions_do_not_matter(void)
{
	static const struct setup setups[] = {{.copies = 1, .plastic = 1, .readout = "rate"},
		{.copies = 1, .readout = "u"}, {.copies = 1, .limit = 1, .readout = "u_bar"}};
	for (size_t k = 0; k < sizeof setups / sizeof *setups; k++) {
		char *objective = objective_of(&setups[k]), *yaml = text_of(&setups[k], objective);
		struct pair pair;
		if (open_pair(&pair, yaml, yaml, 2)) {
			check_same_column(&pair, "/objective/J", "J");
			for (int map = 0; map < 4; map++) {
				check_same_column(&pair, "/objective/J", MAPS[map].term);
				check_same_column(&pair, "/objective/J/gradient", MAPS[map].name);
			}
			close_pair(&pair);
		}
		free(objective);
		free(yaml);
	}
}

/* Not one bit of the run changes, and what else is recorded neither. */
static void recording_changes_nothing(void)
{
	const struct setup setup = {.copies = 1, .plastic = 1, .readout = "u"};
	char *objective = objective_of(&setup), *watched = text_of(&setup, objective),
	     *blind = text_of(&setup, "");
	struct pair pair;
	if (open_pair(&pair, blind, watched, 1)) {
		CHECK(pair.net[0].n > 100 && net_same_spikes(&pair.net[0], &pair.net[1]));
		CHECK(net_same_weights(&pair.net[0], &pair.net[1]));
		CHECK(net_same_states(&pair.net[0], &pair.net[1]));
		for (int l = 0; l < N_LAYERS; l++) {
			char group[32];
			snprintf(group, sizeof group, "/rates/%s", LAYER[l]);
			check_same_column(&pair, group, "rate");
			snprintf(group, sizeof group, "/state/%s", LAYER[l]);
			check_same_column(&pair, group, "u");
		}
		close_pair(&pair);
	}
	free(objective);
	free(watched);
	free(blind);
}

/* Rates stand at their grid points also where a reading of weights finds the spikes of some neurons early. */
static void reading_weights_changes_no_rate(void)
{
	static const char text[] =
		"spikem: 1\nduration: 100 ms\npopulations:\n"
		"  s: {size: 5, model: poisson, params: {rate: 100 Hz}}\n"
		"  a: {size: 4, model: lif_exp, params: {I_e: 600 pA, V_th: 10 mV}}\n"
		"  b: {size: 40, model: lif_exp, params: {I_e: {uniform: [500 pA, 700 pA]}, V_th: 10 mV}}\n"
		"projections:\n"
		"  - {from: s, to: a, connect: all_to_all, weight: 10 pA, delay: 8 ms, plasticity: {rule: "
		"stdp_pair, bounds: [0 pA, 20 pA]}}\n"
		"record: {weights: {of: s_a, every: %s}, rates: {of: b, width: 5 ms, every: 1 ms}}\n";
	char *seldom = net_text(text, "1 s"), *often = net_text(text, "1.3 ms");
	struct pair pair;
	if (open_pair(&pair, seldom, often, 1)) {
		check_same_column(&pair, "/rates/b", "rate");
		check_same_column(&pair, "/spikes/b", "timestamps");
		close_pair(&pair);
	}
	free(seldom);
	free(often);
}

/* An observation played by sources is h_0 of the first encoder alone. */
static void sources_are_observed(void)
{
	const struct setup setup = {.copies = 1, .readout = "rate"};
	char path[512], *yaml = text_of(&setup, "  objective: {layers: [s, x], encoders: s_x, alpha: 2, "
						"sigma: [30 Hz], width: 40 ms, "
						"every: 5 ms}\n");
	struct net net;
	struct spk_file *file;
	uint64_t n, m;
	net_path(path, "sources.h5");
	run_to(yaml, 1, path, &net);
	if (CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
		double *J = read_column(file, "/objective/objective", "J", SPK_F64, &n);
		double *term = read_column(file, "/objective/objective", "encoder_x", SPK_F64, &m);
		CHECK(n == SAMPLES && m == SAMPLES);
		for (int i = 0; i < SAMPLES; i += 7) {
			double r = 0, sum = 0;
			for (size_t k = 0; k < net.n; k++)
				r += net.spikes[k].id < 4 && net.spikes[k].t <= i * EVERY &&
				     net.spikes[k].t > i * EVERY - WIDTH;
			for (uint64_t j = 0; j < 5; j++) {
				double h = 0;
				for (size_t k = 0; k < net.n; k++)
					h += net.spikes[k].id == 4 + j && net.spikes[k].t <= i * EVERY &&
					     net.spikes[k].t > i * EVERY - WIDTH;
				const double g = rate_of(0, j, rest_of(0, j) + area_of(0, j, 60) * r / WIDTH);
				sum += (1000 * h / WIDTH - g) * (1000 * h / WIDTH - g);
			}
			CHECK_REL(term[i], -sum / 1800, 1e-11, "rounding");
			CHECK_REL(J[i], 2 * term[i], 0, "alpha");
		}
		free(J);
		free(term);
		(void)spk_file_close(file, 0, NULL);
	}
	net_close(&net);
	unlink(path);
	free(yaml);
}

TEST_MAIN(TEST(rates_by_hand), TEST(potentials_by_hand), TEST(copies_by_hand), TEST(rate_limit_by_hand),
	TEST(threads_and_partitions_do_not_matter), TEST(recording_changes_nothing),
	TEST(reading_weights_changes_no_rate), TEST(sources_are_observed))
