/* The rate limit of networks: closed forms, order of the step, threads, copies, filters, the comparison. */
#include "tests/net.h"

#include <spikem/file.h>

#include "sim/rate_limit.h"

/** The rate limit of a scenario, run to its end on so many threads. */
struct limit {
	struct net net;
	struct spk_rate_limit *limit;
};

static int limit_open(struct limit *l, const char *yaml, unsigned threads)
{
	struct spk_error err = {0};
	struct spk_pool *pool = NULL;
	*l = (struct limit){.limit = NULL};
	if (!net_open(&l->net, yaml, 1, threads))
		return 0;
	if (!CHECK(spk_rate_limit_create(&l->net.sim->engine.network, &l->limit, &err) == SPK_OK)) {
		printf("# %s\n", err.text);
		net_close(&l->net);
		return 0;
	}
	CHECK(spk_pool_create(threads, &pool, &err) == SPK_OK);
	while (l->limit->step < l->limit->n_steps)
		spk_rate_limit_advance(l->limit, pool);
	spk_pool_free(pool);
	return 1;
}

static void limit_close(struct limit *l)
{
	spk_rate_limit_free(l->limit);
	net_close(&l->net);
}

static double u_of(const struct limit *l, size_t population, uint64_t unit)
{
	const struct spk_rate_units *u = &l->limit->units[population];
	return u->state[unit * u->population->neuron->n_states + SPK_U];
}

/* A constant drive leads to u_rest + sum of psp_area w r, whatever the model. */
static void a_constant_drive_has_a_closed_form(void)
{
	for (const struct spk_neuron_model *const *at = spk_neuron_models; *at; at++) {
		const struct spk_neuron_model *m = *at;
		const char *unit = m->weight_dim == SPK_DIM_VOLTAGE ? "mV" : "pA";
		const double up = m->weight_dim == SPK_DIM_VOLTAGE ? 1.5 : 60, down = -up / 2,
			     direct = up / 3;
		char *yaml = net_text(
			"spikem: 1\nduration: 1 s\nrate_limit: {step: 0.05 ms}\npopulations:\n"
			"  up: {size: 3, model: poisson, params: {rate: [100 Hz, 250 Hz, 400 Hz]}}\n"
			"  down: {size: 2, model: regular, params: {rate: 90 Hz}}\n"
			"  cells: {size: 2, model: %s, params: {V_th: 12 mV, I_e: 30 pA, t_ref: 3 ms}}\n"
			"inputs:\n"
			"  direct: {model: poisson, to: cells, rate: 200 Hz, weight: %g %s}\n"
			"  current: {model: step_current, to: cells, neurons: 1, times: [100 ms], "
			"currents: [-20 pA]}\n"
			"projections:\n"
			"  - {from: up, to: cells, connect: all_to_all, weight: %g %s, delay: 1.5 ms}\n"
			"  - {from: down, to: cells, connect: all_to_all, weight: %g %s, delay: "
			"{uniform: [1 ms, 9 ms]}}\n",
			m->name, direct, unit, up, unit, down, unit);
		struct limit l;
		if (limit_open(&l, yaml, 1)) {
			const double *par = l.limit->units[2].par;
			const double u = m->u_rest(par) + m->psp_area(par, up) * 0.75 +
					 m->psp_area(par, down) * 0.18 + m->psp_area(par, direct) * 0.2;
			CHECK_REL(u_of(&l, 2, 0), u, 1e-6, "(dt/tau)^2/24");
			/* tau_m/C_m = 20/250 mV/pA */
			CHECK_REL(u_of(&l, 2, 1), u - 20 * 0.08, 1e-6, "(dt/tau)^2/24");
			CHECK_REL(l.limit->units[2].rate[0], m->rate(par, u_of(&l, 2, 0)), 0, "the hook");
			CHECK(l.limit->units[2].rate[0] > l.limit->units[2].rate[1]);
			limit_close(&l);
		}
		free(yaml);
	}
}

static char *recurrent(double step, int copies, const char *more)
{
	return net_text(
		"spikem: 1\nseed: 3\nduration: 40 ms\nrate_limit: {step: %.17g ms}\npopulations:\n"
		"  x: {size: 30, model: poisson, copies: %d, params: {rate: {uniform: [10 Hz, 90 Hz]}}, "
		"schedule: {times: [20.3 ms], rates: [70 Hz]}}\n"
		"  a: {size: 70, model: lif_escape, copies: %d, params: {V_th: 12 mV, tau_m: {uniform: [8 "
		"ms, 30 "
		"ms]}}}\n"
		"  b: {size: 40, model: lif_escape, copies: %d, params: {V_th: 10 mV, rho_0: 40 Hz}}\n"
		"inputs:\n"
		"  in: {model: poisson, to: [a, b], neurons: 0-29, rate: {uniform: [100 Hz, 900 Hz]}, "
		"weight: 0.5 mV}\n"
		"  step: {model: step_current, to: [a], neurons: 3-60, times: [11.1 ms, 30 ms], currents: "
		"[80 pA, "
		"-40 pA]}\n"
		"projections:\n"
		"  - {from: x, to: a, connect: {fixed_in_degree: 12}, weight: {uniform: [-1 mV, 2 mV]}, "
		"delay: 2 ms}\n"
		"  - {from: a, to: b, connect: {fixed_probability: 0.3}, weight: 0.3 mV, delay: 1.6 ms}\n"
		"  - {from: b, to: b, connect: {fixed_total: 900}, weight: {normal: {mean: -0.2 mV, sd: 0.1 "
		"mV}}, "
		"delay: 0.8 ms}\n"
		"  - {from: b, to: a, connect: {list: [[0, 1, 2 mV, 2.4 ms], [5, 5, -3 mV, 1.2 ms], [0, 1, 1 "
		"mV, 2.4 "
		"ms]]}}\n%s",
		step, copies, copies, copies, more);
}

/** Largest difference of u of a and b between two limits. */
static double difference(const struct limit *a, const struct limit *b)
{
	double most = 0;
	for (size_t p = 1; p < 3; p++)
		for (uint64_t k = 0; k < a->limit->units[p].n; k++)
			most = fmax(most, fabs(u_of(a, p, k) - u_of(b, p, k)));
	return most;
}

static void the_step_is_of_second_order(void)
{
	static const double steps[] = {0.4, 0.2, 0.1, 0.05 / 2};
	struct limit l[4];
	int n = 0;
	for (; n < 4; n++) {
		char *yaml = recurrent(steps[n], 1, "");
		const int ok = limit_open(&l[n], yaml, 1);
		free(yaml);
		if (!ok)
			break;
	}
	if (n == 4) {
		const double coarse = difference(&l[0], &l[3]), middle = difference(&l[1], &l[3]);
		const double fine = difference(&l[2], &l[3]);
		CHECK(coarse < 0.02 && fine > 0);
		CHECK_ABS(log2(coarse / middle), 2, 0.35, "the next order");
		CHECK_ABS(log2(middle / fine), 2, 0.35, "the next order, and that of l[3]");
	}
	while (n-- > 0)
		limit_close(&l[n]);
}

static void threads_and_partitions_do_not_matter(void)
{
	char *yaml = recurrent(0.1, 1, "");
	struct limit one, other;
	if (limit_open(&one, yaml, 1)) {
		if (limit_open(&other, yaml, 3)) {
			CHECK(difference(&one, &other) == 0 && u_of(&one, 1, 0) != 0);
			limit_close(&other);
		}
		limit_close(&one);
	}
	free(yaml);
}

static void copies_have_the_same_limit(void)
{
	char *single = recurrent(0.1, 1, ""), *many = recurrent(0.1, 4, "");
	struct limit one, other;
	if (limit_open(&one, single, 1)) {
		if (limit_open(&other, many, 2)) {
			CHECK_ABS(difference(&one, &other), 0, 1e-12, "weights w/4 summed four times");
			CHECK(other.net.sim->counts.neurons == 4 * one.net.sim->counts.neurons);
			CHECK(other.net.sim->counts.synapses == 16 * one.net.sim->counts.synapses);
			limit_close(&other);
		}
		limit_close(&one);
	}
	free(single);
	free(many);
}

/* ---- Files -------------------------------------------------------------------------------------- */

static double *column(const char *path, const char *name, uint64_t *ret_n)
{
	struct spk_file *file = NULL;
	uint64_t dims[4] = {0};
	int rank = 0;
	double *data = NULL;
	if (CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
		CHECK(spk_file_shape(file, name, &rank, dims, NULL) == SPK_OK && rank == 1);
		data = malloc((dims[0] + 1) * sizeof *data);
		CHECK(spk_file_read(file, name, SPK_F64, 0, dims[0], data, NULL) == SPK_OK);
		spk_file_close(file, 0, NULL);
	}
	*ret_n = dims[0];
	return data;
}

static int run_to(const char *yaml, const char *path)
{
	const struct spk_sim_options options = {.threads = 1, .output = path};
	struct net net;
	if (!net_make(&net, net_read(yaml), &options))
		return 0;
	const int ok = net_run(&net);
	net_close(&net);
	return ok;
}

/* A rate of 40 Hz from time 0 on through both filters, and a spiking run whose spikes are regular. */
static void filters_act_on_rates_as_on_spikes(void)
{
	char path[512];
	uint64_t n, m;
	net_path(path, "rates.h5");
	if (!run_to("spikem: 1\nduration: 200.05 ms\nrate_limit: {run: true, step: 0.3 ms}\n"
		    "populations: {p: {size: 3, model: poisson, params: {rate: [10 Hz, 40 Hz, 70 Hz]}}}\n"
		    "record: {rates: [{of: p, width: 50 ms, every: 7.7 ms, per_neuron: true}, "
		    "{of: p, width: 20 ms, every: 1.1 ms, filter: exponential}, {of: p, width: 5 ms, every: "
		    "33 ms}]}\n",
		    path))
		return;
	double *t = column(path, "/rates/p/time", &n), *rate = column(path, "/rates/p/rate", &m);
	CHECK(n == 3 * 26 && m == n);
	for (uint64_t k = 0; k < n; k++)
		CHECK_ABS(rate[k], (10.0 + 30.0 * (double)(k % 3)) * fmin(1, t[k] / 50), 1e-10, "a ramp");
	free(t);
	free(rate);
	t = column(path, "/rates/p_2/time", &n), rate = column(path, "/rates/p_2/rate", &m);
	CHECK(n == 182 && m == n);
	for (uint64_t k = 0; k < n; k++)
		CHECK_ABS(rate[k], -40 * expm1(-t[k] / 20), 1e-10, "an exponential");
	free(t);
	free(rate);
	rate = column(path, "/rates/p_3/rate", &m);
	CHECK(m == 7 && rate[0] == 0);
	for (uint64_t k = 1; k < m; k++)
		CHECK_REL(rate[k], 40.0, 1e-12, "constant");
	free(rate);
	unlink(path);
}

static void rates_of_single_neurons_count_their_spikes(void)
{
	char path[512];
	uint64_t n, m, n_spikes, n_ids;
	net_path(path, "single.h5");
	if (!run_to("spikem: 1\nduration: 900 ms\n"
		    "populations: {p: {size: 4, copies: 3, model: poisson, params: {rate: 80 Hz}}}\n"
		    "record: {spikes: all, rates: [{of: p, width: 60 ms, every: 13 ms, per_neuron: true}, "
		    "{of: p, width: 30 ms, every: 250 ms, per_neuron: true, filter: exponential}]}\n",
		    path))
		return;
	double *s = column(path, "/spikes/p/timestamps", &n_spikes),
	       *id = column(path, "/spikes/p/node_ids", &n_ids);
	for (int which = 0; which < 2; which++) {
		double *t = column(path, which ? "/rates/p_2/time" : "/rates/p/time", &n);
		double *rate = column(path, which ? "/rates/p_2/rate" : "/rates/p/rate", &m);
		CHECK(n == m && n == (which ? 4u * 4u : 4u * 70u) && n_spikes == n_ids && n_spikes > 500);
		for (uint64_t k = 0; k < n; k++) {
			double events = 0;
			for (uint64_t i = 0; i < n_spikes; i++)
				if ((uint64_t)id[i] / 3 == k % 4 && s[i] <= t[k])
					events += which ? exp((s[i] - t[k]) / 30) : s[i] > t[k] - 60;
			CHECK_ABS(rate[k], 1000 * events / (3.0 * (which ? 30 : 60)), 1e-9, "by hand");
		}
		free(t);
		free(rate);
	}
	free(s);
	free(id);
	unlink(path);
}

static void a_spiking_run_is_laid_beside_its_limit(void)
{
	char path[512];
	uint64_t n, m, n_spikes;
	net_path(path, "compare.h5");
	char *yaml = recurrent(0.1, 2, "record: {rate_limit: {of: [b, a], from: 25 ms}}\n");
	if (run_to(yaml, path)) {
		double *rate = column(path, "/rate_limit/a/rate", &n),
		       *limit = column(path, "/rate_limit/a/limit", &n);
		double *off = column(path, "/rate_limit/a/difference", &m), rms = 0, squares = 0;
		double *t = column(path, "/spikes/a/timestamps", &n_spikes);
		double *id = column(path, "/spikes/a/node_ids", &n_spikes);
		struct spk_file *file = NULL;
		CHECK(n == 70 && m == 70 && n_spikes > 10);
		for (uint64_t k = 0; k < n; k++) {
			double spikes = 0;
			for (uint64_t i = 0; i < n_spikes; i++)
				spikes += t[i] >= 25 && (uint64_t)id[i] / 2 == k;
			CHECK_REL(rate[k], 1000 * spikes / (2 * 15.0), 1e-12, "by hand");
			CHECK(off[k] == rate[k] - limit[k] && limit[k] > 0);
			squares += off[k] * off[k];
		}
		CHECK(spk_file_open(path, &file, NULL) == SPK_OK);
		CHECK(spk_file_read_attr_f64(file, "/rate_limit/a", "rms", &rms, NULL) == SPK_OK);
		CHECK_REL(rms, sqrt(squares / 70), 1e-12, "by hand");
		spk_file_close(file, 0, NULL);
		free(rate);
		free(limit);
		free(off);
		free(t);
		free(id);
	}
	free(yaml);
	unlink(path);
}

/* States of a run of the limit lie on their own grid, between the steps too. */
static void states_of_the_limit_are_recorded(void)
{
	char path[512];
	uint64_t n, m;
	net_path(path, "state.h5");
	if (!run_to("spikem: 1\nduration: 100 ms\nrate_limit: {run: true, step: 0.1 ms}\n"
		    "populations: {p: {size: 3, model: lif_delta, params: {tau_m: 15 ms, I_e: 300 pA}}}\n"
		    "record: {state: {of: p, neurons: [0, 2], variables: [V_m, u, refractory], every: 3.33 "
		    "ms}}\n",
		    path))
		return;
	double *t = column(path, "/state/p/time", &n), *u = column(path, "/state/p/u", &m);
	double *id = column(path, "/state/p/node_ids", &m), *rate = column(path, "/state/p/rate", &m);
	struct spk_file *file = NULL;
	enum spk_kind kind = SPK_KIND_OTHER;
	CHECK(n == 2 * 31 && m == n);
	for (uint64_t k = 0; k < n; k++) {
		CHECK(id[k] == (k % 2 ? 2 : 0) && rate[k] == 0);
		CHECK_ABS(u[k], -18 * expm1(-t[k] / 15), 18e-5, "a straight line over 0.1 ms of 15 ms");
	}
	CHECK(spk_file_open(path, &file, NULL) == SPK_OK);
	CHECK(spk_file_kind(file, "/state/p/V_m", &kind, NULL) == SPK_OK && kind == SPK_KIND_NONE);
	spk_file_close(file, 0, NULL);
	free(t);
	free(u);
	free(id);
	free(rate);
	unlink(path);
}

/* Independent Poisson spikes of many copies: the mean over time comes to the limit as 1/sqrt(copies). */
static void many_copies_come_close_to_the_limit(void)
{
	double rms[2] = {0};
	for (int k = 0; k < 2; k++) {
		char path[512];
		struct spk_file *file = NULL;
		net_path(path, "many.h5");
		char *yaml = net_text(
			"spikem: 1\nseed: 5\nduration: 700 ms\nrate_limit: {step: 1 ms}\npopulations:\n"
			"  x: {size: 10, copies: %d, model: poisson, params: {rate: 100 Hz}}\n"
			"  a: {size: 40, copies: %d, model: lif_escape, params: {V_th: 12 mV, rho_0: 50 "
			"Hz, Delta_u: 4 mV}}\n"
			"projections:\n"
			"  - {from: x, to: a, connect: all_to_all, weight: 0.6 mV, delay: 1 ms}\n"
			"record: {spikes: none, rate_limit: {of: a, from: 200 ms}}\n",
			k ? 16 : 1, k ? 16 : 1);
		if (run_to(yaml, path)) {
			CHECK(spk_file_open(path, &file, NULL) == SPK_OK);
			CHECK(spk_file_read_attr_f64(file, "/rate_limit/a", "rms", &rms[k], NULL) == SPK_OK);
			spk_file_close(file, 0, NULL);
		}
		free(yaml);
		unlink(path);
	}
	CHECK_REL(rms[0] / rms[1], 4.0, 0.5, "two rms of 40 units with a common input");
}

static void what_has_no_limit_is_refused(void)
{
	static const char *const wrong[][2] = {
		{"spikem: 1\nduration: 1 ms\nrate_limit: {run: true}\npopulations: {p: {size: 1, model: "
		 "spike_list, "
		 "spikes: {times: [0 ms]}}}\n",
			"no mean rate"},
		{"spikem: 1\nduration: 1 ms\nrate_limit: {run: true}\npopulations: {p: {size: 1, model: "
		 "lif_delta}}\n"
		 "projections: [{from: p, to: p, connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: "
		 "{rule: stdp_pair, bounds: [0 mV, 2 mV]}}]\n",
			"plasticity"},
		{"spikem: 1\nduration: 1 ms\npopulations: {p: {size: 1, copies: 2, model: lif_delta}}\n"
		 "projections: [{from: p, to: p, connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: "
		 "{rule: stdp_pair, bounds: [0 mV, 2 mV]}}]\n",
			"copies of `p`"},
		{"spikem: 1\nduration: 1 ms\npopulations: {p: {size: 1, copies: 2, model: spike_list, "
		 "spikes: {times: [0 ms]}}}\n",
			"copies of `p`"},
		{"spikem: 1\nduration: 1 ms\npopulations: {p: {size: 1, model: lif_delta}}\n"
		 "record: {rate_limit: {of: p, from: 1 ms}}\n",
			"outside"},
	};
	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
		char path[512], *report = NULL;
		struct spk_scenario *scenario = NULL;
		net_path(path, "wrong.yaml");
		FILE *out = fopen(path, "w");
		if (!CHECK(out != NULL))
			return;
		fputs(wrong[k][0], out);
		fclose(out);
		CHECK(spk_scenario_load(path, 0, NULL, &scenario, &report, NULL) == SPK_E_SCENARIO);
		if (!CHECK(report && strstr(report, wrong[k][1])))
			printf("# %s\n", report ? report : "no report");
		free(report);
		unlink(path);
	}
}

static void too_large_matrices_are_refused(void)
{
	struct net net;
	struct spk_rate_limit *limit = NULL;
	struct spk_error err = {0};
	if (!net_open(&net,
		    "spikem: 1\nduration: 1 ms\npopulations: {p: {size: 20000, model: lif_delta}}\n"
		    "projections: [{from: p, to: p, connect: one_to_one, weight: 1 mV, delay: 1 ms}]\n",
		    1, 1))
		return;
	CHECK(spk_rate_limit_create(&net.sim->engine.network, &limit, &err) == SPK_E_LIMIT);
	CHECK(strstr(err.text, "p_p") != NULL);
	net_close(&net);
}

TEST_MAIN(TEST(a_constant_drive_has_a_closed_form), TEST(the_step_is_of_second_order),
	TEST(threads_and_partitions_do_not_matter), TEST(copies_have_the_same_limit),
	TEST(filters_act_on_rates_as_on_spikes), TEST(rates_of_single_neurons_count_their_spikes),
	TEST(a_spiking_run_is_laid_beside_its_limit), TEST(states_of_the_limit_are_recorded),
	TEST(many_copies_come_close_to_the_limit), TEST(what_has_no_limit_is_refused),
	TEST(too_large_matrices_are_refused))
