/*
 * lif_escape in networks, where a fast group runs it: its spikes against the hazard along the exact course of
 * V_m, rebuilt from the recorded spikes in long double, by the time-rescaling theorem.
 *
 * The integrals of the hazard between one spike and the next are independent and exponential with mean 1
 * (Brown et al. 2002), whatever drives the neuron. The neurons' integrals are laid end to end, the unfinished
 * last ones included: a Poisson process of rate 1 all the same, without the bias of leaving long intervals
 * out.
 */
#include "tests/plain_net.h"

#include <gsl/gsl_integration.h>

/* D sqrt(n) above this has probability 2 exp(-2 * 1.95^2) = 1e-3 */
#define KS_LIMIT 1.95

struct drive {
	const char *what;
	double E_L, tau_m, V_reset, t_ref, rho_0, Delta_u; /* V_th: 20 mV */
	double noise, exc, inh;                            /* weights, mV */
	const char *spread;    /* law of the weights of noise and exc: %g is the mean */
	double seconds, delay; /* delay: the smallest, ms */
};

/* A neuron whose course is followed. */
struct course {
	const struct drive *drive;
	long double v;
	double t, ready;
	gsl_integration_workspace *work;
};

static double hazard_later(double s, void *context)
{
	const struct course *c = context;
	const double v = c->drive->E_L + ((double)c->v - c->drive->E_L) * exp(-s / c->drive->tau_m);
	return 1e-3 * c->drive->rho_0 * exp(fmin((v - 20) / c->drive->Delta_u, 300));
}

/* Move to t; the integral of the hazard on the way. */
static double follow(struct course *c, double t)
{
	gsl_function f = {hazard_later, c};
	double sum = 0, error;
	if (!(t > c->t))
		return 0;
	if (c->drive->rho_0 > 0)
		CHECK(gsl_integration_qag(&f, 0, t - c->t, 1e-9, 1e-8, 1000, GSL_INTEG_GAUSS15, c->work, &sum,
			      &error) == 0);
	c->v = c->drive->E_L + (c->v - c->drive->E_L) * expl(-((long double)t - c->t) / c->drive->tau_m);
	c->t = t;
	return sum;
}

struct event {
	double t, weight; /* NAN: the neuron's own spike */
};

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	return x->t != y->t ? (x->t > y->t) - (x->t < y->t) : isnan(x->weight) - isnan(y->weight);
}

/* The arrivals and spikes of a neuron by time; free them. */
static struct event *list_events(const struct net *net, const struct plain *p, uint32_t id, size_t *ret_n)
{
	struct event *events = NULL;
	size_t n = 0, capacity = 0;
	for (size_t k = 0; k < net->n; k++) {
		const struct net_spike *s = &net->spikes[k];
		const size_t first = p->first_edge[s->id], last = p->first_edge[s->id + 1];
		if (n + 1 + last - first > capacity) {
			capacity = 2 * (n + 1 + last - first);
			events = realloc(events, capacity * sizeof *events);
		}
		for (size_t e = first; e < last; e++)
			if (p->edges[e].target == id &&
				s->elapsed + p->edges[e].delay < net->scenario->duration)
				events[n++] =
					(struct event){s->elapsed + p->edges[e].delay, p->edges[e].weight};
		if (s->id == id)
			events[n++] = (struct event){s->elapsed, NAN};
	}
	qsort(events, n, sizeof *events, compare_events);
	*ret_n = n;
	return events;
}

/* Integrals between spikes, joined to what the neuron before left over. */
static size_t rescale(const struct net *net, const struct plain *p, const struct drive *d, uint32_t id,
	double *left_over, double *ret_u)
{
	size_t n, n_u = 0;
	struct event *events = list_events(net, p, id, &n);
	struct course c = {
		.drive = d, .v = p->neurons[id].V, .ready = 0, .work = gsl_integration_workspace_alloc(1000)};
	for (size_t k = 0; k < n; k++) {
		if (isnan(events[k].weight)) {
			CHECK(events[k].t >= c.ready);
			*left_over += follow(&c, events[k].t);
			ret_u[n_u++] = -expm1(-*left_over);
			*left_over = 0;
			c.v = d->V_reset;
			c.t = c.ready = events[k].t + d->t_ref;
		} else if (events[k].t >= c.ready - PLAIN_REFRACTORY_END) {
			*left_over += follow(&c, events[k].t);
			c.v += events[k].weight;
		}
	}
	*left_over += follow(&c, net->scenario->duration);
	const uint32_t first = net->sim->engine.network.first_id[1];
	double state[8];
	net_state(net, 1, id - first, state);
	CHECK_ABS(state[SPK_V_M], (double)c.v, 1e-9, "rounding of a second's arrivals");
	gsl_integration_workspace_free(c.work);
	free(events);
	return n_u;
}

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Uniform, and not correlated from one to the next. */
static void check_uniform(const struct drive *d, double *u, size_t n)
{
	double ks = 0, lag = 0;
	for (size_t k = 0; k + 1 < n; k++)
		lag += 12 * (u[k] - 0.5) * (u[k + 1] - 0.5);
	qsort(u, n, sizeof *u, compare_doubles);
	for (size_t k = 0; k < n; k++)
		ks = fmax(ks, fmax((double)(k + 1) / (double)n - u[k], u[k] - (double)k / (double)n));
	printf("# %s: %zu intervals, D sqrt(n) = %.2f, correlation sqrt(n) = %.2f\n", d->what, n,
		ks * sqrt((double)n), lag / sqrt((double)n));
	CHECK(n > 1000);
	CHECK_ABS(ks * sqrt((double)n), 0, KS_LIMIT, "Kolmogorov-Smirnov at 1e-3");
	CHECK_ABS(lag / sqrt((double)n), 0, 3.3, "normal at 1e-3");
}

static int open_drive(struct net *net, const struct drive *d)
{
	char *noise = net_text(d->spread, d->noise), *exc = net_text(d->spread, d->exc);
	char *yaml = net_text(
		"spikem: 1\nseed: 5\nduration: %g s\npopulations:\n"
		"  noise: {size: 50, model: poisson, params: {rate: 200 Hz}}\n"
		"  cells: {size: 70, model: lif_escape, params: {E_L: %g mV, tau_m: %g ms, V_th: 20 mV, "
		"V_reset: %g mV, t_ref: %g ms, rho_0: %g Hz, Delta_u: %.17g mV}, "
		"initial: {V_m: {uniform: [0 mV, 15 mV]}}}\n"
		"projections:\n"
		"  - {from: noise, to: cells, connect: {fixed_in_degree: 10}, weight: %s, delay: %g ms}\n"
		"  - {from: cells, to: cells, connect: {fixed_in_degree: 10}, weight: %s, delay: %g ms}\n"
		"  - {from: cells, to: cells, connect: {fixed_in_degree: 10}, weight: %g mV, delay: %g "
		"ms}\n",
		d->seconds, d->E_L, d->tau_m, d->V_reset, d->t_ref, d->rho_0, d->Delta_u, noise, d->delay,
		exc, 3 * d->delay, d->inh, 1.4 * d->delay);
	const int ok = net_open(net, yaml, 1, 1);
	free(noise);
	free(exc);
	free(yaml);
	return ok;
}

static void try_drive(const struct drive *d)
{
	struct net net;
	double left_over = 0;
	size_t n = 0;
	if (!open_drive(&net, d))
		return;
	CHECK(net.sim->engine.network.partitions[0].members[1].type != &spk_group_general);
	struct plain p = plain_of(&net);
	if (net_run(&net)) {
		const uint32_t *first = net.sim->engine.network.first_id;
		double *u = malloc((net.n + 1) * sizeof *u);
		for (uint32_t id = first[1]; id < first[2]; id++)
			n += rescale(&net, &p, d, id, &left_over, u + n);
		CHECK(n == net_count(&net, 1));
		if (d->rho_0 > 0)
			check_uniform(d, u, n);
		else
			CHECK(n == 0);
		free(u);
	}
	plain_clear(&p);
	net_close(&net);
}

static const char MEAN[] = "%g mV", NARROW[] = "{normal: {mean: %g mV, sd: 0.1 mV}}";

static void below_the_threshold(void)
{
	try_drive(&(struct drive){"constant", 16, 20, 10, 2, 200, 2, 0, 0, 0, MEAN, 2, 0.5});
	try_drive(&(struct drive){"arrivals", 8, 20, 10, 2, 100, 1, 0.3, 0.2, -0.3, MEAN, 2, 0.5});
	try_drive(&(struct drive){
		"weights of many sizes", 8, 20, 10, 2, 100, 1, 0.3, 0.1, -0.2, NARROW, 2, 0.5});
	try_drive(&(struct drive){
		"V_reset above V_inf", 8, 20, 16, 0.5, 400, 2, 0.2, 0.1, -0.3, MEAN, 1.5, 0.5});
}

static void above_the_threshold(void)
{
	try_drive(&(struct drive){"driven", 40, 20, 10, 2, 100, 1, 0, 0, 0, MEAN, 0.6, 0.5});
	try_drive(&(struct drive){"driven, arrivals", 30, 20, 10, 2, 100, 1, 0.3, 0.2, -1.5, MEAN, 0.6, 0.5});
	try_drive(&(struct drive){
		"driven, weights of many sizes", 30, 20, 10, 2, 300, 2, 0.1, 0.1, -1, NARROW, 0.6, 0.5});
	try_drive(&(struct drive){
		"driven, inhibition alone", 30, 10, 10, 0, 50, 3, -0.3, 0, -1, MEAN, 0.6, 0.5});
	try_drive(&(struct drive){"driven, steep", 40, 5, 10, 0, 500, 0.25, -1.5, 0.1, -1, MEAN, 0.3, 6});
	try_drive(&(struct drive){"driven, steep, weights of many sizes", 40, 5, 10, 0, 500, 0.25, -1.5, 0.1,
		-1, NARROW, 0.3, 6});
}

/* Not so sharp that the resolution of a time decides where between 0 and 1 an integral lies. */
static void sharp_and_blurred(void)
{
	try_drive(&(struct drive){
		"jumps of many Delta_u", 5, 20, 10, 2, 100, 0.05, 0.5, 0.4, -2, MEAN, 2, 0.5});
	try_drive(
		&(struct drive){"sharp, driven", 30, 20, 10, 2, 100, 1e-3, 0.002, 0.001, -1, MEAN, 0.5, 0.5});
	try_drive(&(struct drive){"blurred", 10, 20, 0, 2, 60, 30, 0.3, 0.2, -0.4, MEAN, 1, 0.5});
	try_drive(&(struct drive){"without hazard", 30, 20, 10, 2, 0, 1, 0.3, 0, 0, MEAN, 0.2, 0.5});
}

TEST_MAIN(TEST(below_the_threshold), TEST(above_the_threshold), TEST(sharp_and_blurred))
