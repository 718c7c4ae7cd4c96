/** One neuron with its parameters and state, for tests that go over the registry. */
#ifndef SPIKEM_TESTS_NEURON_PROBE_H
#define SPIKEM_TESTS_NEURON_PROBE_H

#include "tests/test.h"

#include <spikem/model.h>

#define PROBE_MAX 32

struct probe {
	const struct spk_neuron_model *model;
	double par[PROBE_MAX];
	double st[PROBE_MAX];
};

#define FOR_EACH_NEURON(m)                                                                                   \
	for (const struct spk_neuron_model *const *m##_at = spk_neuron_models, *m = *m##_at; m; m = *++m##_at)

/** Index of a field by name; n when absent. */
static inline size_t probe_find(const struct spk_field *fields, size_t n, const char *name)
{
	size_t k = 0;
	while (k < n && strcmp(fields[k].name, name) != 0)
		k++;
	return k;
}

static inline int probe_has(const struct probe *p, const char *parameter)
{
	return probe_find(p->model->params, p->model->n_params, parameter) < p->model->n_params;
}

static inline void probe_set(struct probe *p, const char *parameter, double value)
{
	const size_t k = probe_find(p->model->params, p->model->n_params, parameter);
	if (CHECK(k < p->model->n_params))
		p->par[k] = value;
}

static inline double probe_get(const struct probe *p, const char *parameter)
{
	const size_t k = probe_find(p->model->params, p->model->n_params, parameter);
	return k < p->model->n_params ? p->par[k] : (double)NAN;
}

/** The state of that name; NULL when the model has none. */
static inline double *probe_state(struct probe *p, const char *name)
{
	const size_t k = probe_find(p->model->states, p->model->n_states, name);
	return k < p->model->n_states ? &p->st[k] : NULL;
}

/** Default parameters and states; call probe_set as needed, then probe_ready. */
static inline struct probe probe_default(const struct spk_neuron_model *model)
{
	struct probe p = {.model = model};
	for (size_t k = 0; k < model->n_params; k++)
		p.par[k] = model->params[k].def;
	for (size_t k = 0; k < model->n_states; k++)
		p.st[k] = model->states[k].def;
	return p;
}

static inline void probe_ready(struct probe *p)
{
	struct spk_error err = {0};
	if (!CHECK(p->model->derive(p->par, &err) == SPK_OK))
		printf("# %s: %s\n", p->model->name, err.text);
	p->model->init(p->st, p->par);
}

/** Random parameters, one case in four with coinciding or nearly coinciding time constants. */
static inline struct probe probe_random(const struct spk_neuron_model *model, uint64_t *seed)
{
	static const char *const tau[] = {"tau_m", "tau_syn_ex", "tau_syn_in", "tau_u"};
	struct probe p = probe_default(model);
	for (size_t k = 0; k < 4; k++)
		if (probe_has(&p, tau[k]))
			probe_set(&p, tau[k], exp(test_uniform(seed, log(0.5), log(60.0))));
	if (test_random(seed) % 4 == 0)
		for (size_t k = 1; k < 4; k++)
			if (probe_has(&p, tau[k]))
				probe_set(&p, tau[k],
					probe_get(&p, "tau_m") *
						(1.0 + (double)k *
								pow(10.0, test_uniform(seed, -18.0, -1.0))));
	probe_set(&p, "C_m", test_uniform(seed, 50.0, 500.0));
	probe_set(&p, "E_L", test_uniform(seed, -70.0, 5.0));
	probe_set(&p, "V_th", probe_get(&p, "E_L") + test_uniform(seed, 5.0, 25.0));
	probe_set(&p, "V_reset", probe_get(&p, "V_th") - test_uniform(seed, 1.0, 30.0));
	probe_set(&p, "t_ref", test_random(seed) % 3 == 0 ? 0.0 : test_uniform(seed, 0.1, 5.0));
	probe_set(&p, "I_e", test_uniform(seed, -100.0, 100.0));
	probe_ready(&p);
	p.st[SPK_V_M] = probe_get(&p, "V_th") - test_uniform(seed, 0.01, 20.0);
	p.st[SPK_U] = p.st[SPK_V_M] + test_uniform(seed, -5.0, 30.0);
	p.st[SPK_U_BAR] = p.st[SPK_U] + test_uniform(seed, -5.0, 5.0);
	p.st[SPK_I_EXT] = test_uniform(seed, -300.0, 300.0);
	if (test_random(seed) % 3 == 0)
		p.st[SPK_REFRACTORY] = test_uniform(seed, 0.0, 5.0);
	const double size = model->weight_dim == SPK_DIM_CURRENT ? 1500.0 : 0.0;
	for (int k = 0; k < 4; k++) {
		model->receive(p.st, p.par, test_uniform(seed, -size, size));
		if (model->weight_dim == SPK_DIM_CURRENT) {
			/* let the auxiliary states fill */
			struct probe q = p;
			q.model->advance(q.st, q.par, test_uniform(seed, 0.0, 3.0));
			for (size_t i = SPK_N_COMMON_STATES; i < model->n_states; i++)
				p.st[i] = q.st[i];
		}
	}
	return p;
}

/** The size of a state that rounding errors are measured against. */
static inline double probe_scale(const struct probe *p, size_t state)
{
	double scale = fabs(p->st[state]);
	if (p->model->states[state].dim == SPK_DIM_VOLTAGE) {
		scale += fabs(probe_get(p, "E_L")) + fabs(probe_get(p, "V_th"));
		for (size_t k = SPK_N_COMMON_STATES; k < p->model->n_states; k++)
			scale += fabs(p->st[k]) * probe_get(p, "tau_m") / probe_get(p, "C_m");
		scale += (fabs(p->st[SPK_I_EXT]) + fabs(probe_get(p, "I_e"))) * probe_get(p, "tau_m") /
			 probe_get(p, "C_m");
	}
	if (p->model->states[state].dim == SPK_DIM_CURRENT && state + 2 < p->model->n_states)
		scale += fabs(p->st[state + 2]); /* the auxiliary of an alpha current */
	return scale;
}

#endif
