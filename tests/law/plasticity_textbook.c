/**
 * Each plasticity rule against its textbook form for one synapse: traces that decay from event to event and
 * libm's exp for STDP, GSL's quadrature of x du for the readings of eq 1.
 */
#include <gsl/gsl_integration.h>

#include "tests/law/synapse.h"

static const char *const stdp_rules[] = {"stdp_pair", "stdp_triplet"};

/** One synapse with traces that decay from event to event. */
struct textbook {
	double t, w, r1, r2, o1, o2;
	int open;
};

static void decay(struct textbook *book, double t, const double tau[4])
{
	double dt = t - book->t;
	book->r1 *= exp(-dt / tau[0]);
	book->r2 *= exp(-dt / tau[1]);
	book->o1 *= exp(-dt / tau[2]);
	book->o2 *= exp(-dt / tau[3]);
	book->t = t;
}

static void change(struct textbook *book, const struct synapse *s, double dw)
{
	if (book->open)
		book->w = fmin(fmax(book->w + dw, s->w_min), s->w_max);
}

static void bump(double *trace, int nearest)
{
	*trace = nearest ? 1.0 : *trace + 1.0;
}

/** Potentiation and depression of stdp_pair and stdp_triplet at weight w, from their documented equations. */
static void textbook_event(struct textbook *book, struct synapse *s, enum event_kind kind)
{
	int nearest = *synapse_param(s, "pairing") == 1.0;
	double range = s->w_max - s->w_min, up, down;
	if (strcmp(s->model->name, "stdp_pair") == 0) {
		static const double exponents[3] = {0.0, 1.0, NAN};
		int dependence = (int)*synapse_param(s, "dependence");
		double mu_plus = dependence == 2 ? *synapse_param(s, "mu_plus") : exponents[dependence];
		double mu_minus = dependence == 2 ? *synapse_param(s, "mu_minus") : exponents[dependence];
		double z = (book->w - s->w_min) / range;
		up = range * *synapse_param(s, "A_plus") * pow(1.0 - z, mu_plus) * book->r1;
		down = range * *synapse_param(s, "A_minus") * pow(z, mu_minus) * book->o1;
	} else {
		up = range * book->r1 *
		     (*synapse_param(s, "A2_plus") + *synapse_param(s, "A3_plus") * book->o2);
		down = range * book->o1 *
		       (*synapse_param(s, "A2_minus") + *synapse_param(s, "A3_minus") * book->r2);
	}
	if (kind == OPEN || kind == CLOSE) {
		book->open = kind == OPEN;
	} else if (kind == PRE) {
		change(book, s, -down);
		bump(&book->r1, nearest), bump(&book->r2, nearest);
	} else {
		change(book, s, up);
		bump(&book->o1, nearest), bump(&book->o2, nearest);
	}
}

static double textbook_play(struct synapse *s, struct train train)
{
	int pair = strcmp(s->model->name, "stdp_pair") == 0;
	const double tau[4] = {*synapse_param(s, "tau_plus"), pair ? 1.0 : *synapse_param(s, "tau_x"),
		*synapse_param(s, "tau_minus"), pair ? 1.0 : *synapse_param(s, "tau_y")};
	struct textbook book = {.w = s->weight, .open = s->open};
	for (int k = 0; k < train.n; k++)
		if (train.event[k].kind == POST)
			train.event[k].t += s->dendritic;
	train_sort(&train);
	for (int k = 0; k < train.n; k++) {
		decay(&book, train.event[k].t, tau);
		textbook_event(&book, s, train.event[k].kind);
	}
	return book.w;
}

/** All choices, random trains with and without equal times, delays, gates and binding bounds. */
static void stdp_matches_its_textbook_form(void)
{
	static struct synapse base, s;
	for (int rule = 0; rule < 2; rule++) {
		synapse_first_choices(&base, spk_find_plasticity(stdp_rules[rule]));
		do {
			if (rule == 0 && *synapse_param(&base, "boundary") == 1.0)
				continue; /* its theory is tested in stdp_theory.c */
			PROPERTY(100, seed)
			{
				struct train train = {0};
				int grid = seed % 2 == 0;
				s = base;
				synapse_vary(&s, &seed);
				s.w_min = test_uniform(&seed, -0.5, 0.3);
				s.w_max = test_uniform(&seed, 0.7, 2.0);
				s.dendritic = grid ? floor(test_uniform(&seed, 0.0, 4.0))
						   : test_uniform(&seed, 0.0, 5.0);
				synapse_derive(&s);
				train_add_spikes(&train, &seed, grid);
				train_add_gates(&train, &seed, 1);
				train_sort(&train);
				double want = textbook_play(&s, train);
				CHECK_ABS(synapse_play(&s, &train, 2.0 * SPAN), want, 1e-9,
					"sums of a few hundred terms of order 1");
			}
		} while (synapse_next_choices(&base));
	}
}

enum { PAIRS = 5, X_DUBAR = 6 }; /* numbers of two readings */

struct integrand {
	double t_arrival, trace, tau;
};

static double x_times_slope(double t, void *data)
{
	const struct integrand *in = data;
	return in->trace * exp(-(t - in->t_arrival) / in->tau) * synapse_u_slope(t);
}

/** u_bar at time t, as synapse_look() has it. */
static double u_bar_at(double t)
{
	return 0.3 * SYNAPSE_AMPLITUDE * sin(SYNAPSE_OMEGA * t) + 0.1;
}

/**
 * Integral of x u' between events by GSL, plus the reset jumps, plus the samples at arrivals, plus the
 * trapezoids of the phases that the gate was open.
 */
static double integrate_reading(struct synapse *s, const struct train *train, int reading)
{
	static const double du_share[] = {0.7, 0.7, 1.0, 0.0, 0.0, 0.0, 0.0};
	gsl_integration_workspace *work = gsl_integration_workspace_alloc(100);
	struct integrand in = {.t_arrival = 0.0, .trace = 0.0, .tau = *synapse_param(s, "tau_x")};
	gsl_function f = {.function = x_times_slope, .params = &in};
	double eta = *synapse_param(s, "eta"), w = s->weight, t = 0.0;
	double x_opened = 0.0, u_bar_opened = 0.0;
	int open = s->open;
	for (int k = 0; k < train->n; k++) {
		const struct event *event = &train->event[k];
		double part = 0.0, error, x = in.trace * exp(-(event->t - in.t_arrival) / in.tau);
		if (open && event->t > t)
			gsl_integration_qag(
				&f, t, event->t, 1e-13, 1e-12, 100, GSL_INTEG_GAUSS31, work, &part, &error);
		w += eta * du_share[reading] * part;
		if (event->kind == POST && open && reading == 1)
			w += eta * x * -2.0;
		if (event->kind == PRE) {
			double u = SYNAPSE_AMPLITUDE * sin(SYNAPSE_OMEGA * event->t);
			if (open && reading == 3)
				w += eta * synapse_u_slope(event->t);
			if (open && reading == 4)
				w += eta * (u - u_bar_at(event->t));
			in.t_arrival = event->t, in.trace = x + 1.0;
		}
		if (reading == X_DUBAR && event->kind == OPEN && !open)
			x_opened = x, u_bar_opened = u_bar_at(event->t);
		if (reading == X_DUBAR && event->kind == CLOSE && open)
			w += eta * 0.5 * (x_opened + x) * (u_bar_at(event->t) - u_bar_opened);
		if (event->kind == OPEN || event->kind == CLOSE)
			open = event->kind == OPEN;
		t = event->t;
	}
	gsl_integration_workspace_free(work);
	return w;
}

static void eq1_matches_quadrature(void)
{
	static struct synapse s;
	for (int reading = 0; reading <= X_DUBAR; reading++) {
		if (reading == PAIRS)
			continue;
		int n_changed = 0;
		PROPERTY(30, seed)
		{
			struct train train = {0}, plain;
			synapse_init(&s, "eq1");
			*synapse_param(&s, "reading") = reading;
			*synapse_param(&s, "eta") = test_uniform(&seed, -0.1, 0.1);
			*synapse_param(&s, "tau_x") = test_uniform(&seed, 5.0, 40.0);
			s.w_min = -INFINITY, s.w_max = INFINITY;
			s.look = synapse_look;
			synapse_derive(&s);
			train_add_spikes(&train, &seed, 0);
			train_add_gates(&train, &seed, 1);
			train_add(&train, SPAN, CLOSE);
			train_sort(&train);
			plain = train;
			double max_span = 8.0 * *synapse_param(&s, "tau_x");
			for (double t = max_span; t < SPAN; t += max_span)
				train_add(&train, t, REBASE);
			train_sort(&train);
			double want = integrate_reading(&s, &plain, reading);
			CHECK_ABS(synapse_play(&s, &train, SPAN), want, 1e-9,
				"integrals of order 10, rounding amplified by exp(8)");
			n_changed += want != 0.5;
		}
		CHECK(n_changed > 20);
	}
}

TEST_MAIN(TEST(stdp_matches_its_textbook_form), TEST(eq1_matches_quadrature))
