/** A measurement under test: its parameters by name, its inputs by name, its answer. */
#ifndef SPIKEM_TESTS_MEASURE_H
#define SPIKEM_TESTS_MEASURE_H

#include <spikem/measure.h>
#include <spikem/rng.h>

#include "tests/test.h"

enum { PROBE_MAX = 8 };

struct probe {
	const struct spk_measurement *measure;
	double par[PROBE_MAX];
	struct spk_series in[PROBE_MAX];
	double confidence;
	struct spk_estimate e;
	struct spk_error err;
};

/** Start with the defaults and without inputs. An unknown name ends the test program. */
static inline struct probe probe_of(const char *name)
{
	struct probe p = {.measure = spk_find_measurement(name), .confidence = 0.95};
	if (!p.measure || p.measure->n_params > PROBE_MAX || p.measure->n_inputs > PROBE_MAX) {
		printf("Bail out! no measurement %s\n", name);
		exit(1);
	}
	for (size_t k = 0; k < p.measure->n_params; k++)
		p.par[k] = p.measure->params[k].def;
	return p;
}

static inline void probe_param(struct probe *p, const char *name, double value)
{
	for (size_t k = 0; k < p->measure->n_params; k++)
		if (strcmp(p->measure->params[k].name, name) == 0) {
			p->par[k] = value;
			return;
		}
	CHECK(!"the measurement has this parameter");
}

static inline void probe_input(struct probe *p, const char *name, size_t n, const double *values)
{
	for (size_t k = 0; k < p->measure->n_inputs; k++)
		if (strcmp(p->measure->inputs[k].name, name) == 0) {
			p->in[k] = (struct spk_series){n, values};
			return;
		}
	CHECK(!"the measurement has this input");
}

static inline int probe_run(struct probe *p)
{
	p->e = (struct spk_estimate){.value = 1e300, .low = 1e300, .high = 1e300, .n = 12345};
	p->err = (struct spk_error){0};
	return p->measure->run(p->par, p->in, p->confidence, 1, &p->e, &p->err);
}

/** Refused, with a text that holds `part`, and the result untouched. */
static inline void probe_refused(struct probe *p, const char *part)
{
	CHECK(probe_run(p) == SPK_E_INVALID);
	CHECK(strstr(p->err.text, part) != NULL);
	if (!strstr(p->err.text, part))
		printf("#   %s: \"%s\" lacks \"%s\"\n", p->measure->name, p->err.text, part);
	CHECK(p->e.value == 1e300 && p->e.n == 12345);
}

#endif
