/* Mean rates of a spiking run beside those of its rate limit. */
#include <math.h>
#include <stdlib.h>

#include "sim/rate_limit.h"
#include "sim/rate_limit_run.h"
#include "sim/recorder_parts.h"

static uint64_t n_units(const struct spk_scenario *sc, size_t population)
{
	return sc->populations[population].size / sc->populations[population].copies;
}

int spk_rate_compare_open(
	const struct spk_scenario *sc, struct spk_rate_compare *ret_compare, struct spk_error *err)
{
	const struct spk_rate_limit_plan *plan = &sc->rate_limit;

	if (plan->n_compared == 0)
		return SPK_OK;
	ret_compare->counts = calloc(plan->n_compared, sizeof *ret_compare->counts);
	for (size_t k = 0; ret_compare->counts && k < plan->n_compared; k++) {
		ret_compare->counts[k] =
			calloc(n_units(sc, plan->compared[k]) + 1, sizeof **ret_compare->counts);
		if (!ret_compare->counts[k])
			return spk_fail(err, SPK_E_NOMEM, "out of memory for rates");
	}
	return ret_compare->counts ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for rates");
}

void spk_rate_compare_close(const struct spk_scenario *sc, struct spk_rate_compare *compare)
{
	for (size_t k = 0; compare->counts && k < sc->rate_limit.n_compared; k++)
		free(compare->counts[k]);
	free(compare->counts);
	compare->counts = NULL;
}

void spk_rate_compare_spikes(const struct spk_scenario *sc, const struct spk_rate_compare *compare,
	size_t population, size_t n, const double *times, const uint64_t *ids)
{
	const struct spk_rate_limit_plan *plan = &sc->rate_limit;

	for (size_t k = 0; compare->counts && k < plan->n_compared; k++)
		for (size_t i = 0; plan->compared[k] == population && i < n; i++)
			if (times[i] >= plan->from)
				compare->counts[k][ids[i] / sc->populations[population].copies]++;
}

/* Integrals of the rates from plan->from to the end, Hz ms: sum[n_compared][units]. */
static int integrate(struct spk_sim *sim, struct spk_rate_limit *limit, double **sum, struct spk_error *err)
{
	const struct spk_scenario *sc = sim->scenario;
	const struct spk_rate_limit_plan *plan = &sc->rate_limit;
	int rc = SPK_OK;

	while (!rc && limit->step < limit->n_steps) {
		spk_rate_limit_advance(limit, sim->engine.pool);
		const double end = sc->start + (double)limit->step * limit->dt;
		const double share = fmin(limit->dt, end - plan->from);
		for (size_t k = 0; share > 0 && k < plan->n_compared; k++) {
			const double *rate = spk_rate_limit_last(limit, plan->compared[k]);
			for (uint64_t i = 0; i < limit->units[plan->compared[k]].n; i++)
				sum[k][i] += share * rate[i];
		}
		rc = spk_sim_tell(sim, sc->start + sc->duration, err);
	}
	return rc;
}

/* From counts and integrals to the three arrays of one population. */
static int write_population(const struct spk_sim *sim, size_t k, double *limit, double *rate,
	double *difference, struct spk_error *err)
{
	const struct spk_scenario *sc = sim->scenario;
	const struct spk_rate_limit_plan *plan = &sc->rate_limit;
	const struct spk_population *population = &sc->populations[plan->compared[k]];
	const uint64_t n = n_units(sc, plan->compared[k]);
	const double ms = sc->start + sc->duration - plan->from;
	const struct {
		const char *name, *text;
		const double *data;
	} arrays[] = {{"rate", "mean rate of each unit, from spikes", rate},
		{"limit", "mean rate of each unit in the rate limit", limit},
		{"difference", "rate - limit", difference}};
	char path[SPK_RECORDER_PATH];
	double squares = 0, sum = 0;
	int rc = SPK_OK;

	for (uint64_t i = 0; i < n; i++) {
		const double spikes = (double)sim->recorder.compare.counts[k][i];
		limit[i] /= ms;
		rate[i] = 1000 * spikes / (ms * (double)population->copies);
		difference[i] = rate[i] - limit[i];
		squares += difference[i] * difference[i];
		sum += difference[i];
	}
	for (size_t i = 0; !rc && i < sizeof arrays / sizeof *arrays; i++) {
		spk_recorder_path(path, "rate_limit", population->name, 0, arrays[i].name);
		rc = spk_file_array(
			sim->recorder.file, path, SPK_F64, 1, &n, arrays[i].data, "Hz", arrays[i].text, err);
	}
	spk_recorder_path(path, "rate_limit", population->name, 0, "");
	if (!rc)
		rc = spk_file_attr_f64(
			sim->recorder.file, path, "rms", n ? sqrt(squares / (double)n) : 0, err);
	if (!rc)
		rc = spk_file_attr_f64(sim->recorder.file, path, "mean", n ? sum / (double)n : 0, err);
	return rc;
}

int spk_rate_compare_write(struct spk_sim *sim, struct spk_error *err)
{
	const struct spk_scenario *sc = sim->scenario;
	const size_t n_compared = sc->rate_limit.n_compared;
	struct spk_rate_limit *limit = NULL;
	double **sum = calloc(3 * n_compared, sizeof *sum);
	int rc = sum ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for rates");

	for (size_t k = 0; !rc && k < 3 * n_compared; k++) {
		sum[k] = calloc(n_units(sc, sc->rate_limit.compared[k % n_compared]) + 1, sizeof **sum);
		if (!sum[k])
			rc = spk_fail(err, SPK_E_NOMEM, "out of memory for rates");
	}
	if (!rc)
		rc = spk_rate_limit_create(&sim->engine.network, &limit, err);
	if (!rc)
		rc = integrate(sim, limit, sum, err);
	for (size_t k = 0; !rc && k < n_compared; k++)
		rc = write_population(sim, k, sum[k], sum[n_compared + k], sum[2 * n_compared + k], err);
	spk_rate_limit_free(limit);
	for (size_t k = 0; sum && k < 3 * n_compared; k++)
		free(sum[k]);
	free(sum);
	return rc;
}
