/*
 * Weight changes beside gradients made of readouts: sums by hand from what a run wrote, and backpropagation
 * against finite differences of J in a rate network that stands at the rates and potentials that were read.
 */
#include "models/readout/objective.h"
#include "sim/array.h"
#include "sim/protocol_run.h"
#include "tests/net.h"

enum { ITEMS = 11, PIXELS = 6, LAYERS = 3, N_MAX = 8 };

static const size_t sizes[LAYERS + 1] = {PIXELS, 5, 4, 2};
static const char *const names[LAYERS] = {"a", "b", "c"};

/* Three layers, the top one nudged. Items are shown with closed gates first. */
static char *make_yaml(
	const char *data, double eta, const char *objective, const char *u, const char *protocol)
{
	return net_text(
		"spikem: 1\nseed: 8\n"
		"data: {d: {file: %s, shape: [2, 3], range: [0, 10], labels: 2, splits: {few: 0-3}}}\n"
		"populations:\n"
		"  in: {size: 6, model: poisson, params: {rate: 400 Hz}}\n"
		"  h1: {size: 5, model: lif_delta, params: {tau_m: {uniform: [8 ms, 12 ms]}, V_th: 5 mV}}\n"
		"  h2: {size: 4, like: h1}\n"
		"  out: {size: 2, like: h1}\n"
		"projections:\n"
		"  - {name: a, from: in, to: h1, connect: all_to_all, weight: {uniform: [-0.5 mV, 2 mV]}, "
		"delay: 1 ms, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: %g}}}\n"
		"  - {name: b, from: h1, to: h2, connect: all_to_all, weight: {uniform: [-1 mV, 4 mV]}, "
		"delay: 1 ms, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: %g}}}\n"
		"  - {name: c, from: h2, to: out, connect: all_to_all, weight: {uniform: [-1 mV, 4 mV]}, "
		"delay: 1 ms, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: %g}}}\n"
		"objective: {model: softmax, of: out, projection: c, %s}\n"
		"protocol:\n"
		"  data: d\n"
		"  phases:\n"
		"    - {name: free, duration: 60 ms, show: in, readout: true}\n"
		"    - {name: nudge, duration: 30 ms, show: in, nudge: 500 pA, gate: open}\n"
		"  readouts:\n"
		"    - {name: r0, of: in, phase: free}\n    - {name: r1, of: h1, phase: free}\n"
		"    - {name: r2, of: h2, phase: free}\n    - {name: r3, of: out, phase: free}\n"
		"    - {name: u1, of: h1, readout: u, phase: free}\n"
		"    - {name: u2, of: h2, readout: u, phase: free}\n"
		"    - {name: u3, of: out, readout: u, phase: free}\n"
		"    - {name: t3, of: out, readout: u, phase: nudge}\n"
		"  agreement:\n"
		"    - {backprop: [a, b, c], rates: [r0, r1, r2], u: %s}\n"
		"    - {projection: c, name: error, target: t3, prediction: u3, pre: r2}\n"
		"%s"
		"  stages: [{name: before, split: few, learn: false}, {name: train, epochs: 2, order: "
		"shuffled}]\n"
		"record: {weights: [{of: a}, {of: b}, {of: c}]}\n",
		data, eta, eta, eta, objective, u, protocol);
}

static int run_net(
	struct net *net, const char *yaml, unsigned threads, unsigned partitions, const char *output)
{
	const struct spk_sim_options options = {
		.threads = threads, .partitions = partitions, .output = output};

	return net_make(net, net_read(yaml), &options) && net_run(net);
}

static struct spk_array get(struct spk_file *file, const char *format, const char *name)
{
	struct spk_array array = {0};
	char path[128];

	snprintf(path, sizeof path, format, name);
	CHECK(spk_array_read(file, path, 1 << 20, &array, NULL) == SPK_OK);
	return array;
}

/* What a run read and compared. */
struct result {
	struct spk_file *file;
	struct spk_array r[LAYERS + 1], u[LAYERS], stage, label, start[LAYERS], end[LAYERS];
};

static int open_result(const char *path, struct result *r)
{
	static const char *const rates[] = {"r0", "r1", "r2", "r3"}, *const u[] = {"u1", "u2", "u3"};

	*r = (struct result){0};
	if (!CHECK(spk_file_open(path, &r->file, NULL) == SPK_OK))
		return 0;
	for (int l = 0; l <= LAYERS; l++)
		r->r[l] = get(r->file, "/protocol/readouts/%s/values", rates[l]);
	for (int l = 0; l < LAYERS; l++) {
		r->u[l] = get(r->file, "/protocol/readouts/%s/values", u[l]);
		r->start[l] = get(r->file, "/weights/%s/snapshots/000000", names[l]);
		r->end[l] = get(r->file, "/weights/%s/snapshots/000001", names[l]);
	}
	r->stage = get(r->file, "/protocol/readouts/%s/stage", "r0");
	r->label = get(r->file, "/protocol/readouts/%s/label", "r0");
	CHECK(r->stage.n_rows == 4 + 2 * ITEMS);
	return 1;
}

static void close_result(struct result *r)
{
	for (int l = 0; l <= LAYERS; l++)
		spk_array_clear(&r->r[l]);
	for (int l = 0; l < LAYERS; l++) {
		spk_array_clear(&r->u[l]);
		spk_array_clear(&r->start[l]);
		spk_array_clear(&r->end[l]);
	}
	spk_array_clear(&r->stage);
	spk_array_clear(&r->label);
	(void)spk_file_close(r->file, 0, NULL);
}

/* ---- Sums by hand ------------------------------------------------------------------------------- */

static double cosine(size_t n, const double *x, const double *y)
{
	double xx = 0, xy = 0, yy = 0;

	for (size_t k = 0; k < n; k++) {
		xx += x[k] * x[k];
		xy += x[k] * y[k];
		yy += y[k] * y[k];
	}
	return xy / sqrt(xx * yy);
}

static void check_sums(const char *path)
{
	struct result r;

	if (!open_result(path, &r))
		return;
	struct spk_array target = get(r.file, "/protocol/readouts/%s/values", "t3");
	struct spk_array change = get(r.file, "/agreement/%s/change", "error");
	struct spk_array gradient = get(r.file, "/agreement/%s/gradient", "error");
	double wanted[8] = {0}, value = 0, largest = 0;
	for (size_t p = 0; p < r.stage.n_rows; p++)
		for (size_t i = 0; i < 4 && r.stage.values[p] > 0; i++)
			for (size_t j = 0; j < 2; j++)
				wanted[2 * i + j] += (target.values[2 * p + j] - r.u[2].values[2 * p + j]) *
						     r.r[2].values[4 * p + i];
	CHECK(change.n_rows == 8 && gradient.n_rows == 8);
	for (size_t k = 0; k < 8; k++) {
		CHECK_ABS(gradient.values[k], wanted[k], 1e-9 * fabs(wanted[k]), "order of the sum");
		CHECK_ABS(change.values[k], r.end[2].values[k] - r.start[2].values[k], 1e-12, "rounding");
		largest = fmax(largest, fabs(change.values[k]));
	}
	CHECK(largest > 1e-3);
	CHECK(spk_file_read_attr_f64(r.file, "/agreement/error", "cosine", &value, NULL) == SPK_OK);
	CHECK_ABS(value, cosine(8, change.values, gradient.values), 1e-12, "rounding");
	spk_array_clear(&target);
	spk_array_clear(&change);
	spk_array_clear(&gradient);
	close_result(&r);
}

static void check_run(const char *protocol)
{
	char data[512], path[512];
	struct net net;

	net_path(data, "comparison.csv");
	net_path(path, "comparison.h5");
	net_write_data(data, ITEMS, PIXELS, 2);
	char *yaml = make_yaml(data, 0.01, "scale: 2 mV", "[u1, u2]", protocol);
	if (run_net(&net, yaml, 1, 1, path)) {
		check_sums(path);
		net_close(&net);
	}
	free(yaml);
	unlink(path);
	unlink(data);
}

static void errors_and_changes_are_summed(void)
{
	check_run("");
}

static void lanes_are_summed(void)
{
	check_run("  lanes: 3\n  batch: 5\n");
}

/* ---- Backpropagation ---------------------------------------------------------------------------- */

/* The rate network around what one presentation read. */
struct rate_net {
	const struct net *net;
	const struct result *r;
	const double *par[LAYERS];
	size_t n_par;
	int of_rate; /* J is a function of the top rates */
};

static double value_of(const struct rate_net *n, size_t p, double *const *w)
{
	const struct spk_neuron_model *model = n->net->scenario->populations[1].neuron;
	const struct spk_objective_par objective = {.form = SPK_FORM_SOFTMAX, .scale = n->of_rate ? 40 : 2};
	double rate[N_MAX], u[N_MAX];

	memcpy(rate, n->r->r[0].values + p * sizes[0], sizes[0] * sizeof *rate);
	for (size_t l = 0; l < LAYERS; l++) {
		const double *read = n->r->r[l].values + p * sizes[l], *start = n->r->start[l].values;
		const double *u_read = n->r->u[l].values + p * sizes[l + 1];
		for (size_t j = 0; j < sizes[l + 1]; j++) {
			const double *par = n->par[l] + j * n->n_par;
			u[j] = u_read[j];
			for (size_t i = 0; i < sizes[l]; i++) {
				const size_t k = i * sizes[l + 1] + j;
				u[j] += (model->psp_area(par, w[l][k]) * rate[i] -
						model->psp_area(par, start[k]) * read[i]) /
					1000;
			}
		}
		for (size_t j = 0; j < sizes[l + 1]; j++) {
			const double *par = n->par[l] + j * n->n_par;
			rate[j] = n->r->r[l + 1].values[p * sizes[l + 1] + j] + model->rate(par, u[j]) -
				  model->rate(par, u_read[j]);
		}
	}
	return spk_objective_value(
		&objective, sizes[LAYERS], n->of_rate ? rate : u, (size_t)n->r->label.values[p]);
}

static void check_layer(const struct rate_net *n, size_t l)
{
	const double step = 1e-4;
	struct spk_array gradient = get(n->r->file, "/agreement/%s/gradient", names[l]);
	double *w[LAYERS], wanted[64] = {0}, largest = 0;

	for (size_t k = 0; k < LAYERS; k++) {
		w[k] = malloc(sizes[k] * sizes[k + 1] * sizeof **w);
		memcpy(w[k], n->r->start[k].values, sizes[k] * sizes[k + 1] * sizeof **w);
	}
	for (size_t k = 0; k < sizes[l] * sizes[l + 1]; k++) {
		const double w0 = w[l][k];
		for (size_t p = 0; p < n->r->stage.n_rows; p++) {
			w[l][k] = w0 + step;
			const double up = value_of(n, p, w);
			w[l][k] = w0 - step;
			if (n->r->stage.values[p] > 0)
				wanted[k] += (up - value_of(n, p, w)) / (2 * step);
		}
		w[l][k] = w0;
		largest = fmax(largest, fabs(wanted[k]));
	}
	CHECK(largest > 0 && gradient.n_rows == sizes[l] * sizes[l + 1]);
	for (size_t k = 0; k < gradient.n_rows; k++)
		CHECK_ABS(gradient.values[k], wanted[k], 1e-5 * largest,
			"square of the step; readouts are written in single precision");
	for (size_t k = 0; k < LAYERS; k++)
		free(w[k]);
	spk_array_clear(&gradient);
}

static void check_backprop(const char *objective, const char *u, int of_rate)
{
	char data[512], path[512];
	struct net net;
	struct result r;

	net_path(data, "comparison.csv");
	net_path(path, "comparison.h5");
	net_write_data(data, ITEMS, PIXELS, 2);
	char *yaml = make_yaml(data, 1e-15, objective, u, ""); /* weights stay where they are */
	if (run_net(&net, yaml, 1, 1, path) && open_result(path, &r)) {
		struct rate_net n = {.net = &net, .r = &r, .of_rate = of_rate};
		double *par[LAYERS] = {0};
		for (size_t l = 0; l < LAYERS; l++) {
			CHECK(spk_network_params(&net.sim->engine.network, l + 1, &par[l], &n.n_par, NULL) ==
				SPK_OK);
			n.par[l] = par[l];
		}
		for (size_t l = 0; l < LAYERS; l++)
			check_layer(&n, l);
		for (size_t l = 0; l < LAYERS; l++)
			free(par[l]);
		close_result(&r);
		net_close(&net);
	}
	free(yaml);
	unlink(path);
	unlink(data);
}

static void backpropagation_is_the_slope_of_J(void)
{
	check_backprop("scale: 2 mV", "[u1, u2]", 0);
}

static void an_objective_of_rates_adds_the_slope_of_the_top(void)
{
	check_backprop("readout: rate, window: 60 ms, scale: 40 Hz", "[u1, u2, u3]", 1);
}

/* ---- Independence, size ------------------------------------------------------------------------- */

/* Sums of the first run stay, those of the others must be equal. */
static void check_same(const struct net *net, double **first)
{
	const struct spk_protocol_run *run = net->sim->protocol;

	for (size_t k = 0; k < net->scenario->protocol.n_comparisons; k++) {
		const struct spk_comparison *c = &run->comparisons[k];
		const double *const sums[] = {c->change, c->gradient};
		for (size_t i = 0; i < 2; i++) {
			double **kept = &first[2 * k + i];
			if (*kept)
				CHECK(memcmp(*kept, sums[i], c->n * sizeof **kept) == 0);
			else
				*kept = memcpy(malloc(c->n * sizeof **kept), sums[i], c->n * sizeof **kept);
		}
	}
}

static void partitions_and_threads_do_not_matter(void)
{
	static const struct {
		unsigned threads, partitions;
		const char *lanes;
	} runs[2][3] = {{{1, 1, ""}, {2, 3, ""}, {1, 4, ""}},
		{{1, 1, "  lanes: 3\n"}, {2, 1, "  lanes: 3\n"}, {3, 1, "  lanes: 3\n"}}};
	char data[512];

	net_path(data, "comparison.csv");
	net_write_data(data, ITEMS, PIXELS, 2);
	for (size_t group = 0; group < 2; group++) {
		double *first[8] = {0};
		for (size_t k = 0; k < 3; k++) {
			struct net net;
			char *yaml = make_yaml(data, 0.01, "scale: 2 mV", "[u1, u2]", runs[group][k].lanes);
			if (run_net(&net, yaml, runs[group][k].threads, runs[group][k].partitions, NULL)) {
				check_same(&net, first);
				net_close(&net);
			}
			free(yaml);
		}
		for (size_t k = 0; k < 8; k++)
			free(first[k]);
	}
	unlink(data);
}

/* More synapses than the blocks are kept of: the cosine is that of all, its interval that of a sample. */
static void many_synapses_have_an_interval_of_a_sample(void)
{
	char data[512];
	struct net net;

	net_path(data, "comparison.csv");
	net_write_data(data, ITEMS, PIXELS, 2);
	char *yaml = net_text(
		"spikem: 1\ndata: {d: {file: %s, shape: [2, 3], range: [0, 10], labels: 2}}\n"
		"populations:\n  in: {size: 6, model: poisson, params: {rate: 400 Hz}}\n"
		"  h: {size: 15000, model: lif_delta, params: {V_th: 5 mV}}\n"
		"projections:\n"
		"  - {name: p, from: in, to: h, connect: all_to_all, weight: {uniform: [0 mV, 2 mV]}, delay: "
		"1 "
		"ms, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 0.01}}}\n"
		"protocol:\n  data: d\n  phases: [{name: one, duration: 20 ms, show: in, gate: open}, {name: "
		"two, duration: 20 ms, show: in, gate: open}]\n"
		"  readouts: [{name: pre, of: in, phase: two}, {name: u, of: h, readout: u, phase: one}, "
		"{name: t, of: h, readout: u, phase: two}]\n"
		"  agreement: [{projection: p, target: t, prediction: u, pre: pre}]\n"
		"  stages: [{name: train}]\n",
		data);
	if (run_net(&net, yaml, 1, 1, NULL)) {
		const struct spk_comparison *c = &net.sim->protocol->comparisons[0];
		struct spk_cosine all, some;
		CHECK(c->n == 90000 && c->sample.n == SPK_COMPARED_SYNAPSES);
		CHECK(spk_comparison_cosine(c, &all, NULL) == SPK_OK &&
			spk_agreement_cosine(&c->sample, 0, &some, NULL) == SPK_OK);
		CHECK_ABS(all.value, cosine(90000, c->change, c->gradient), 1e-12, "rounding");
		CHECK(all.value > 0.1 && all.low < all.value && all.value < all.high);
		CHECK_ABS(atanh(all.high) - atanh(all.low), atanh(some.high) - atanh(some.low), 1e-9,
			"same width in z");
		double *sum = malloc(2 * c->sample.n * sizeof *sum), *gradient = sum + c->sample.n;
		spk_agreement_total(&c->sample, 0, sum, gradient);
		for (uint64_t k = 0; k < c->sample.n; k += 977) {
			const double wanted = c->gradient[k * 90000 / c->sample.n];
			CHECK_ABS(gradient[k], wanted, 1e-9 * fabs(wanted), "order of the sum");
		}
		free(sum);
		CHECK_ABS(all.value, some.value, 0.02, "a sample of 2 synapses in 3");
		net_close(&net);
	}
	free(yaml);
	unlink(data);
}

TEST_MAIN(TEST(errors_and_changes_are_summed), TEST(lanes_are_summed),
	TEST(backpropagation_is_the_slope_of_J), TEST(an_objective_of_rates_adds_the_slope_of_the_top),
	TEST(partitions_and_threads_do_not_matter), TEST(many_synapses_have_an_interval_of_a_sample))
