/**
 * What theory says about pair STDP: its window in closed form, what happens at equal times, and the
 * identities that make gated pair STDP the integral of x dy, x and y being the traces of the two sides: (a)
 * one pair:     integral x dy = A+ exp(-D/tau_x) or -A- exp(-|D|/tau_y) (b) any trains:   integral over the
 * gate of x dy = A+ SUM_post x - A- SUM_pre y + A- [x y]_open^close (c) in the mean:  tau_x tau_y r_pre
 * Dr_post for a stationary presynaptic side; without the boundary term A- tau_y^2 r_pre Dr_post - A+ tau_x^2
 * r_post Dr_pre with A+ = tau_y/(tau_x + tau_y) and A- = tau_x/(tau_x + tau_y).
 */
#include <gsl/gsl_integration.h>

#include "tests/law/synapse.h"

/** A pair at this lag (postsynaptic after presynaptic, both at the synapse) on a fresh synapse. */
static double pair_change(const struct synapse *fresh, double lag)
{
	static struct synapse s;
	struct train train = {0};
	s = *fresh;
	train_add(&train, 100.0, PRE);
	train_add(&train, 100.0 + lag - s.dendritic, POST);
	train_sort(&train);
	return synapse_play(&s, &train, 1e4) - fresh->weight;
}

/** Change of the rule per pair; R = w_max - w_min, so with w_min = 0 the factor is w_max (as in PyNN). */
static void window_has_its_closed_form(void)
{
	static const double bounds[][2] = {{0.0, 0.2}, {0.0, 1.0}, {-1.0, 2.0}, {-INFINITY, INFINITY}};
	static const double range[] = {0.2, 1.0, 3.0, 1.0};
	static struct synapse s;
	for (int k = 0; k < 4; k++) {
		synapse_init(&s, "stdp_pair");
		s.w_min = bounds[k][0], s.w_max = bounds[k][1], s.weight = 0.1;
		*synapse_param(&s, "A_plus") = 0.01, *synapse_param(&s, "A_minus") = 0.012;
		*synapse_param(&s, "tau_plus") = 17.0, *synapse_param(&s, "tau_minus") = 34.0;
		synapse_derive(&s);
		for (s.dendritic = 0.0; s.dendritic <= 2.0; s.dendritic += 2.0) {
			for (double lag = 0.25; lag < 100.0; lag *= 1.5) {
				CHECK_ABS(pair_change(&s, lag), 0.01 * range[k] * exp(-lag / 17.0), 1e-15,
					"roundings of a weight of 0.1");
				CHECK_ABS(pair_change(&s, -lag), -0.012 * range[k] * exp(-lag / 34.0), 1e-15,
					"roundings of a weight of 0.1");
			}
			CHECK_ABS(
				pair_change(&s, 0.0), 0.01 * range[k], 1e-15, "roundings of a weight of 0.1");
		}
	}
}

static void dependence_on_weight(void)
{
	static struct synapse s;
	synapse_init(&s, "stdp_pair");
	s.weight = 0.3, s.w_max = 2.0;
	*synapse_param(&s, "A_plus") = 0.01, *synapse_param(&s, "A_minus") = 0.012;
	*synapse_param(&s, "mu_plus") = 0.4, *synapse_param(&s, "mu_minus") = 0.7;
	for (int dependence = 0; dependence < 3; dependence++) {
		static const double mu_plus[] = {0.0, 1.0, 0.4}, mu_minus[] = {0.0, 1.0, 0.7};
		*synapse_param(&s, "dependence") = dependence;
		synapse_derive(&s);
		double up = 0.01 * 2.0 * pow(1.0 - 0.15, mu_plus[dependence]) * exp(-0.5);
		double down = 0.012 * 2.0 * pow(0.15, mu_minus[dependence]) * exp(-0.5);
		CHECK_ABS(pair_change(&s, 10.0), up, 1e-15, "roundings of a weight of 0.3");
		CHECK_ABS(pair_change(&s, -10.0), -down, 1e-15, "roundings of a weight of 0.3");
	}
}

/** What is due at time t itself is not applied by settling up to t, and is by the next number. */
static void settling_excludes_its_end(void)
{
	static struct synapse s;
	synapse_init(&s, "stdp_pair");
	synapse_derive(&s);
	synapse_arrive(&s, 90.0);
	synapse_fire(&s, 100.0);
	synapse_settle(&s, 100.0);
	CHECK(s.weight == 0.5);
	synapse_settle(&s, nextafter(100.0, INFINITY));
	CHECK_ABS(s.weight, 0.5 + 0.005 * exp(-0.5), 1e-15, "two roundings");
	synapse_arrive(&s, 110.0);
	CHECK_ABS(s.weight, 0.5 + 0.005 * exp(-0.5) - 0.00525 * exp(-0.5), 1e-15, "four roundings");
}

/** Two arrivals, one spike, two arrivals: all pairs against only the neighbours. */
static void nearest_pairs_only_neighbours(void)
{
	static struct synapse s;
	struct train train = {0};
	for (int k = 0; k < 5; k++)
		train_add(&train, 10.0 * k, k == 2 ? POST : PRE);
	const double e1 = exp(-0.5), e2 = exp(-1.0);
	const double want[] = {0.005 * (e1 + e2) - 0.00525 * (e1 + e2), 0.005 * e1 - 0.00525 * (e1 + e2)};
	for (int nearest = 0; nearest < 2; nearest++) {
		synapse_init(&s, "stdp_pair");
		*synapse_param(&s, "pairing") = nearest;
		synapse_derive(&s);
		CHECK_ABS(synapse_play(&s, &train, 1e3), 0.5 + want[nearest], 1e-15, "six roundings");
	}
	synapse_init(&s, "stdp_pair"); /* and the mirror image: the last spike alone depresses */
	*synapse_param(&s, "pairing") = 1.0;
	synapse_derive(&s);
	synapse_fire(&s, 0.0), synapse_fire(&s, 10.0), synapse_arrive(&s, 20.0);
	CHECK_ABS(s.weight, 0.5 - 0.00525 * e1, 1e-15, "two roundings");
}

/* ---- The identities ----------------------------------------------------------------------------- */

struct traces {
	double t, x, y, tau_x, tau_y;
};

/** -x y/tau_y: the part of x dy between spikes. */
static double x_times_decay(double t, void *data)
{
	const struct traces *at = data;
	double dt = t - at->t;
	return -at->x * exp(-dt / at->tau_x) * at->y * exp(-dt / at->tau_y) / at->tau_y;
}

/** Integral of x dy while the gate is open: GSL between events, x at each spike of y. */
static double integrate_x_dy(
	struct train train, double tau_x, double tau_y, double dendritic, int open, double end)
{
	gsl_integration_workspace *work = gsl_integration_workspace_alloc(200);
	struct traces at = {.tau_x = tau_x, .tau_y = tau_y};
	gsl_function f = {.function = x_times_decay, .params = &at};
	double sum = 0.0, part, error;
	for (int k = 0; k < train.n; k++)
		train.event[k].t += train.event[k].kind == POST ? dendritic : 0.0;
	train_add(&train, end, SETTLE);
	train_sort(&train);
	at.t = train.event[0].t;
	for (int k = 0; k < train.n; k++) {
		const struct event *event = &train.event[k];
		double dt = event->t - at.t;
		if (open && dt > 0.0) {
			gsl_integration_qag(&f, at.t, event->t, 1e-13, 1e-12, 200, GSL_INTEG_GAUSS31, work,
				&part, &error);
			sum += part;
		}
		at.t = event->t;
		at.x = at.x * exp(-dt / tau_x) + (event->kind == PRE);
		at.y = at.y * exp(-dt / tau_y) + (event->kind == POST);
		sum += open && event->kind == POST ? at.x : 0.0;
		open = event->kind == OPEN || (open && event->kind != CLOSE);
	}
	gsl_integration_workspace_free(work);
	return sum;
}

/** The two rules that stand for x dy: eq1 reading pairs, and stdp_pair with balanced amplitudes and boundary.
 */
static void init_balanced(struct synapse *s, int rule, double tau_x, double tau_y)
{
	synapse_init(s, rule == 0 ? "eq1" : "stdp_pair");
	s->w_min = -INFINITY, s->w_max = INFINITY;
	if (rule == 0) {
		*synapse_param(s, "reading") = 5.0;
		*synapse_param(s, "tau_x") = tau_x, *synapse_param(s, "tau_y") = tau_y;
	} else {
		*synapse_param(s, "tau_plus") = tau_x, *synapse_param(s, "tau_minus") = tau_y;
		*synapse_param(s, "A_plus") = tau_y / (tau_x + tau_y);
		*synapse_param(s, "A_minus") = tau_x / (tau_x + tau_y);
		*synapse_param(s, "boundary") = 1.0;
	}
	synapse_derive(s);
}

static void one_pair_is_the_integral_of_x_dy(void)
{
	static struct synapse s;
	for (int rule = 0; rule < 2; rule++) {
		init_balanced(&s, rule, 17.0, 34.0);
		for (double lag = -80.0; lag <= 80.0; lag += 5.0) {
			struct train train = {0};
			train_add(&train, 0.0, PRE);
			train_add(&train, lag, POST);
			double want = integrate_x_dy(train, 17.0, 34.0, 0.0, 1, 1500.0);
			double closed =
				lag >= 0.0 ? 34.0 / 51.0 * exp(-lag / 17.0) : -17.0 / 51.0 * exp(lag / 34.0);
			CHECK_ABS(pair_change(&s, lag), want, 1e-11, "quadrature to 1e-12");
			CHECK_ABS(want, closed, 1e-11, "quadrature to 1e-12");
		}
	}
}

static void gated_trains_are_the_integral_of_x_dy(void)
{
	static struct synapse s;
	int n_differ = 0;
	for (int rule = 0; rule < 2; rule++) {
		PROPERTY(60, seed)
		{
			struct train train = {0};
			int grid = seed % 2 == 0;
			double tau_x = test_uniform(&seed, 5.0, 60.0), tau_y = test_uniform(&seed, 5.0, 60.0);
			init_balanced(&s, rule, tau_x, tau_y);
			s.dendritic =
				grid ? floor(test_uniform(&seed, 0.0, 4.0)) : test_uniform(&seed, 0.0, 5.0);
			s.open = seed % 4 < 2;
			train_add_spikes(&train, &seed, grid);
			train_add_gates(&train, &seed, s.open);
			train_add(&train, SPAN + 10.0,
				CLOSE); /* a gate that is shut stays so; boundary() needs a change */
			train_sort(&train);
			double want = integrate_x_dy(train, tau_x, tau_y, s.dendritic, s.open, SPAN + 20.0);
			double got = synapse_play(&s, &train, SPAN + 20.0) - 0.5;
			CHECK_ABS(
				got, want, 1e-9, "a few hundred terms of order 1, quadrature to 1e-12 each");
			n_differ += fabs(want) > 0.01;
		}
	}
	CHECK(n_differ > 60);
}

/* ---- Drift -------------------------------------------------------------------------------------- */

/** An experiment: both rates step from r[0] to r[1] (Hz) 50 ms after the gate opened. */
struct drift {
	double tau_x, tau_y, pre[2], post[2];
	int boundary;
};

enum { WARM_UP = 500, STEP = 550, END = 900 }; /* gate from WARM_UP to END: traces settle before both edges */

static void add_poisson(struct train *train, struct spk_rng *rng, const double *rate, enum event_kind kind)
{
	for (int part = 0; part < 2; part++) {
		double t = part ? STEP : 0.0, end = part ? END : STEP;
		while ((t += spk_rng_exponential(rng) * 1000.0 / rate[part]) < end)
			train_add(train, t, kind);
	}
}

/** Mean and standard error of the change of weight over the gate. */
static double mean_drift(const struct drift *drift, int n_trials, uint64_t id, double *ret_error)
{
	static struct synapse s;
	struct spk_rng rng = spk_rng_stream(3, SPK_RNG_TEST, 2, id);
	double sum = 0.0, squares = 0.0;
	for (int trial = 0; trial < n_trials; trial++) {
		struct train train = {0};
		init_balanced(&s, 1, drift->tau_x, drift->tau_y);
		*synapse_param(&s, "boundary") = drift->boundary;
		synapse_derive(&s);
		s.open = 0;
		add_poisson(&train, &rng, drift->pre, PRE);
		add_poisson(&train, &rng, drift->post, POST);
		train_add(&train, WARM_UP, OPEN);
		train_add(&train, END, CLOSE);
		train_sort(&train);
		double dw = synapse_play(&s, &train, END) - 0.5;
		sum += dw, squares += dw * dw;
	}
	double mean = sum / n_trials;
	*ret_error = sqrt((squares / n_trials - mean * mean) / n_trials);
	return mean;
}

/** Theory of the drift; times in ms, rates in Hz. */
static double drift_theory(const struct drift *d)
{
	double step_pre = d->pre[1] - d->pre[0], step_post = d->post[1] - d->post[0];
	double sum = d->tau_x + d->tau_y, a_plus = d->tau_y / sum, a_minus = d->tau_x / sum;
	if (d->boundary)
		return 1e-6 * d->tau_x * d->tau_y * d->pre[0] * step_post;
	return 1e-6 * (a_minus * d->tau_y * d->tau_y * d->pre[0] * step_post -
			      a_plus * d->tau_x * d->tau_x * d->post[0] * step_pre);
}

static void drift_follows_the_change_of_rate(void)
{
	static const struct drift drifts[] = {
		{20, 20, {40, 40}, {20, 70}, 1},
		{20, 20, {40, 40}, {70, 20}, 1},
		{20, 20, {40, 40}, {42, 42}, 1},
		{20, 20, {40, 40}, {20, 70}, 0},
		{20, 20, {20, 70}, {40, 40}, 0},
		{20, 20, {40, 40}, {42, 42}, 0},
		{17, 34, {40, 40}, {20, 70}, 1},
		{17, 34, {40, 40}, {70, 20}, 0},
	};
	for (size_t k = 0; k < sizeof drifts / sizeof drifts[0]; k++) {
		double error, want = drift_theory(&drifts[k]);
		double got = mean_drift(&drifts[k], 20000, k, &error);
		CHECK_ABS(got, want, 3.5 * error, "3.5 standard errors of the mean");
		CHECK(error < 0.02); /* 3 % of the larger drifts */
	}
}

TEST_MAIN(TEST(window_has_its_closed_form), TEST(dependence_on_weight), TEST(settling_excludes_its_end),
	TEST(nearest_pairs_only_neighbours), TEST(one_pair_is_the_integral_of_x_dy),
	TEST(gated_trains_are_the_integral_of_x_dy), TEST(drift_follows_the_change_of_rate))
