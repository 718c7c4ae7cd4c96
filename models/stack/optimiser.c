#include "models/stack/optimiser.h"

#include <math.h>

#include "models/math/det.h"
#include "models/math/levels.h"

static const double EPSILON = 1e-8;

struct spk_optimiser_step spk_optimiser_start(const struct spk_training *training, double step, uint64_t t)
{
	const double m = training->momentum, f = training->forget;
	struct spk_optimiser_step s = {
		.kind = training->optimiser,
		.step = (float)step,
		.momentum = (float)m,
		.forget = (float)f,
		.epsilon = (float)(training->epsilon > 0 ? training->epsilon : EPSILON),
		.keep_first = (float)(1 - m),
		.keep_second = (float)(1 - f),
	};

	if (s.kind == SPK_OPTIMISER_ADAM) {
		s.scale_first = (float)(1 / (1 - spk_pow(m, (double)t)));
		s.scale_root = (float)(1 / sqrt(1 - spk_pow(f, (double)t)));
	}
	return s;
}

SPK_FOR_EACH_LEVEL static void descend_sgd(
	const struct spk_optimiser_step *s, size_t n, const float *g, float *m, float *w)
{
	const float step = s->step, momentum = s->momentum;

	for (size_t k = 0; k < n; k++) {
		m[k] = momentum * m[k] + g[k];
		w[k] -= step * m[k];
	}
}

SPK_FOR_EACH_LEVEL static void descend_rmsprop(
	const struct spk_optimiser_step *s, size_t n, const float *g, float *v, float *w)
{
	const float step = s->step, forget = s->forget, keep = s->keep_second, epsilon = s->epsilon;

	for (size_t k = 0; k < n; k++) {
		v[k] = forget * v[k] + keep * (g[k] * g[k]);
		w[k] -= step * g[k] / (sqrtf(v[k]) + epsilon);
	}
}

SPK_FOR_EACH_LEVEL static void descend_adam(
	const struct spk_optimiser_step *s, size_t n, const float *g, float *m, float *v, float *w)
{
	const float step = s->step * s->scale_first, root = s->scale_root, epsilon = s->epsilon;
	const float momentum = s->momentum, forget = s->forget, first = s->keep_first,
		    second = s->keep_second;

	for (size_t k = 0; k < n; k++) {
		m[k] = momentum * m[k] + first * g[k];
		v[k] = forget * v[k] + second * (g[k] * g[k]);
		w[k] -= step * m[k] / (sqrtf(v[k]) * root + epsilon);
	}
}

void spk_optimiser_apply(const struct spk_optimiser_step *step, size_t n, const float *g, float *first,
	float *second, float *w)
{
	switch (step->kind) {
	case SPK_OPTIMISER_SGD:
		descend_sgd(step, n, g, first, w);
		break;
	case SPK_OPTIMISER_RMSPROP:
		descend_rmsprop(step, n, g, second, w);
		break;
	case SPK_OPTIMISER_ADAM:
		descend_adam(step, n, g, first, second, w);
		break;
	}
}
