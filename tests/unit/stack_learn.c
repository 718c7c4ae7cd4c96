/* The M-step: gradients against finite differences, optimisers against hand-made steps, noise, resuming. */
#include "models/stack/optimiser.h"
#include "tests/stack_fixture.h"

enum { N = 6, WIDEST = 32 };
static const size_t sizes[] = {12, 17, 9, 5};

/* ---- Gradients ---------------------------------------------------------------------------------- */

/* Mean over items of half the squared error, weight or bias number k moved by `move`. */
static double plain_loss(
	const struct spk_map *map, size_t n, const float *in, const float *target, size_t k, double move)
{
	const size_t n_weights = map->n_out * map->n_in;
	double loss = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < map->n_out; j++) {
			double x[WIDEST];
			plain_row(in, map->n_in, i, x);
			double a = plain_input(map, j, x);
			if (k < n_weights && k / map->n_in == j)
				a += move * x[k % map->n_in];
			if (k >= n_weights && k - n_weights == j)
				a += move;
			loss += pow(plain_unit(map->unit, a) - (double)target[i * map->n_out + j], 2);
		}
	return loss / (2 * (double)n);
}

static double plain_gradient(
	const struct spk_map *map, size_t n, const float *in, const float *target, size_t k)
{
	return (plain_loss(map, n, in, target, k, 1e-4) - plain_loss(map, n, in, target, k, -1e-4)) / 2e-4;
}

/* Without noise and momentum one update is -step times the gradient, for each map between the right layers.
 */
static void update_descends_each_maps_own_loss(void)
{
	struct fixture f, before;
	struct spk_learner learner;
	struct spk_learn_loss loss;
	struct spk_error err = {0};

	fixture_describe(&f, 4, sizes);
	fixture_describe(&before, 4, sizes);
	f.stack.training.encoder_step = 2;
	f.stack.training.decoder_step = 0.5;
	f.stack.training.decay = 0.5;
	f.layers[2].encoder_step = 3;
	f.layers[1].decoder_step = 0.7;
	if (fixture_build(&f, N, 3) && fixture_build(&before, N, 3) &&
		CHECK(spk_learner_init(&f.stack, &f.net, 1, &learner, &err) == SPK_OK)) {
		fixture_scatter(&f, 4);
		spk_learn(NULL, &learner, &f.net, 2, &f.batch, &loss);
		for (size_t l = 0; l < 3; l++)
			for (int down = 0; down < 2; down++) {
				const struct spk_map *now = down ? &f.net.decoder[l] : &f.net.encoder[l];
				const struct spk_map *old =
					down ? &before.net.decoder[l] : &before.net.encoder[l];
				const float *in = f.batch.h[l + (size_t)down], *target = f.batch.h[l + !down];
				const double step =
					0.25 /* decay^2 */ * (down ? (l == 1 ? 0.7 : 0.5) : (l == 1 ? 3 : 2));
				CHECK_REL(down ? loss.decoder[l] : loss.encoder[l],
					plain_loss(old, N, in, target, 0, 0), 2e-6, "single precision");
				for (size_t k = 0; k < old->n_out * old->n_in; k++)
					CHECK_ABS((double)now->weight[k] - (double)old->weight[k],
						-step * plain_gradient(old, N, in, target, k), 2e-6,
						"rounding of weights of size 1, gradients in single "
						"precision");
				for (size_t k = 0; k < old->n_out; k++)
					CHECK_ABS((double)now->bias[k] - (double)old->bias[k],
						-step * plain_gradient(old, N, in, target,
								old->n_out * old->n_in + k),
						2e-6, "the same");
			}
		CHECK(learner.updates == 1);
		spk_learner_clear(&learner);
	}
	fixture_clear(&f);
	fixture_clear(&before);
}

/* ---- Noise -------------------------------------------------------------------------------------- */

/*
 * A linear map's expected loss on noisy input exceeds that on clean input by half the sum over weights of
 * w^2 Var(input).
 */
static void noise_raises_the_loss_as_it_must(void)
{
	enum { UPDATES = 600 };
	struct fixture f;
	struct spk_learner learner;
	struct spk_learn_loss loss;
	struct spk_error err = {0};
	double encoder = 0, decoder = 0, encoder_noise = 0, decoder_noise = 0;

	fixture_describe(&f, 2, sizes);
	f.layers[0].unit = spk_find_unit("linear");
	f.layers[1].unit = spk_find_unit("linear");
	f.layers[0].corruption = 0.5;
	f.layers[1].draws = 3;
	f.stack.training.encoder_step = f.stack.training.decoder_step = 0;
	if (fixture_build(&f, N, 3) &&
		CHECK(spk_learner_init(&f.stack, &f.net, 1, &learner, &err) == SPK_OK)) {
		for (size_t k = 0; k < N * sizes[1]; k++)
			f.batch.h[1][k] = (float)(0.1 + 0.8 * (double)(k % 7) / 6); /* probabilities */
		for (unsigned u = 0; u < UPDATES; u++) {
			spk_learn(NULL, &learner, &f.net, 0, &f.batch, &loss);
			encoder += loss.encoder[0] / UPDATES;
			decoder += loss.decoder[0] / UPDATES;
		}
		for (size_t k = 0; k < sizes[0] * sizes[1]; k++) {
			double variance = 0; /* of the decoder's input unit, mean over items */
			for (size_t i = 0; i < N; i++) {
				const double p = (double)f.batch.h[1][i * sizes[1] + k % sizes[1]];
				variance += p * (1 - p) / 3 / N;
			}
			encoder_noise += pow((double)f.net.encoder[0].weight[k], 2) * 0.25 / 2;
			decoder_noise += pow((double)f.net.decoder[0].weight[k], 2) * variance / 2;
		}
		CHECK_REL(encoder - plain_loss(&f.net.encoder[0], N, f.batch.h[0], f.batch.h[1], 0, 0),
			encoder_noise, 0.05, "3600 items, each of spread about its mean: 5 standard errors");
		CHECK_REL(decoder - plain_loss(&f.net.decoder[0], N, f.batch.h[1], f.batch.h[0], 0, 0),
			decoder_noise, 0.05, "the same");
		spk_learner_clear(&learner);
	}
	fixture_clear(&f);
}

/* ---- Optimisers --------------------------------------------------------------------------------- */

static void optimisers_make_their_steps(void)
{
	const struct spk_training training = {.momentum = 0.5, .forget = 0.75, .epsilon = 0.01};
	const double g[] = {2, -1, 0.5};
	/* by hand, step 0.1. SGD: m = 2, 0, 0.5. */
	const double sgd[] = {-0.2, -0.2, -0.25};
	double rms = 0, adam = 0, v = 0, m = 0;

	for (int kind = 0; kind < 3; kind++) {
		struct spk_training t = training;
		float w[9] = {0}, first[9] = {0}, second[9] = {0};
		t.optimiser = (enum spk_optimiser)kind;
		rms = adam = v = m = 0;
		for (unsigned u = 0; u < 3; u++) {
			const struct spk_optimiser_step step = spk_optimiser_start(&t, 0.1, u + 1);
			float gradient[9];
			for (unsigned k = 0; k < 9; k++)
				gradient[k] = (float)g[u];
			spk_optimiser_apply(&step, 9, gradient, kind == SPK_OPTIMISER_RMSPROP ? NULL : first,
				kind == SPK_OPTIMISER_SGD ? NULL : second, w);
			v = 0.75 * v + 0.25 * g[u] * g[u];
			m = 0.5 * m + 0.5 * g[u];
			rms -= 0.1 * g[u] / (sqrt(v) + 0.01);
			adam -= 0.1 * (m / (1 - pow(0.5, u + 1))) / (sqrt(v / (1 - pow(0.75, u + 1))) + 0.01);
			for (unsigned k = 0; k < 9; k++)
				CHECK_REL((double)w[k],
					kind == 0   ? sgd[u]
					: kind == 1 ? rms
						    : adam,
					1e-6, "single precision");
		}
	}
}

static void step_sizes_fall_as_told(void)
{
	struct spk_training t = {.epochs = 5, .decay = 0.5};

	CHECK_ABS(spk_learn_share(&t, 3), 0.125, 1e-12, "decay^3");
	t.decay = 1;
	t.final = 0.2;
	CHECK_ABS(spk_learn_share(&t, 0), 0.92, 1e-12, "middle of the first of five epochs");
	CHECK_ABS(spk_learn_share(&t, 2), 0.6, 1e-12, "half way");
	CHECK_ABS(spk_learn_share(&t, 4), 0.28, 1e-12, "middle of the last");
	CHECK_ABS(spk_learn_share(&t, 9), 0.2, 1e-12, "beyond");
	t.decay = 0.5;
	CHECK_ABS(spk_learn_share(&t, 2), 0.15, 1e-12, "both");
}

/* ---- Resuming ----------------------------------------------------------------------------------- */

static void copy_map(const struct spk_map *from, struct spk_map *to)
{
	if (!from->weight)
		return;
	memcpy(to->weight, from->weight, from->n_in * from->n_out * sizeof(float));
	memcpy(to->bias, from->bias, from->n_out * sizeof(float));
}

static int same_maps(const struct spk_map *a, const struct spk_map *b)
{
	return memcmp(a->weight, b->weight, a->n_in * a->n_out * sizeof(float)) == 0 &&
	       memcmp(a->bias, b->bias, a->n_out * sizeof(float)) == 0;
}

static void update(struct fixture *f, struct spk_learner *learner, uint64_t from, uint64_t to)
{
	struct spk_learn_loss loss;

	for (uint64_t u = from; u < to; u++) {
		uint64_t state = u; /* a minibatch of its own for each update */
		for (size_t k = 0; k < N * sizes[0]; k++)
			f->batch.h[0][k] = (float)test_uniform(&state, 0, 1);
		spk_infer(NULL, &f->net, &f->stack.inference, NULL, NULL, &f->batch);
		spk_learn(NULL, learner, &f->net, u / 2, &f->batch, &loss);
	}
}

static void describe_noisy(struct fixture *f, enum spk_optimiser optimiser)
{
	fixture_describe(f, 3, sizes);
	f->layers[0].corruption = 0.2;
	f->layers[1].corruption = 0.1;
	f->layers[2].draws = 3;
	f->stack.training.optimiser = optimiser;
}

static void training_resumes_exactly(void)
{
	for (int kind = 0; kind < 3; kind++) {
		struct fixture whole, part;
		struct spk_learner a, b;
		struct spk_error err = {0};
		describe_noisy(&whole, (enum spk_optimiser)kind);
		describe_noisy(&part, (enum spk_optimiser)kind);
		if (!fixture_build(&whole, N, 3) || !fixture_build(&part, N, 99))
			return;
		CHECK(spk_learner_init(&whole.stack, &whole.net, 1, &a, &err) == SPK_OK);
		CHECK(spk_learner_init(&part.stack, &part.net, 1, &b, &err) == SPK_OK);
		update(&whole, &a, 0, 3);
		b.updates = a.updates;
		for (size_t l = 0; l < 2; l++) {
			copy_map(&whole.net.encoder[l], &part.net.encoder[l]);
			copy_map(&whole.net.decoder[l], &part.net.decoder[l]);
			copy_map(&a.first_encoder[l], &b.first_encoder[l]);
			copy_map(&a.first_decoder[l], &b.first_decoder[l]);
			copy_map(&a.second_encoder[l], &b.second_encoder[l]);
			copy_map(&a.second_decoder[l], &b.second_decoder[l]);
		}
		update(&whole, &a, 3, 6);
		CHECK(!same_maps(&whole.net.encoder[0], &part.net.encoder[0]));
		update(&part, &b, 3, 6);
		for (size_t l = 0; l < 2; l++)
			CHECK(same_maps(&whole.net.encoder[l], &part.net.encoder[l]) &&
				same_maps(&whole.net.decoder[l], &part.net.decoder[l]));
		/* the noise is another with another number of the update */
		b.updates = 17;
		update(&whole, &a, 6, 7);
		update(&part, &b, 6, 7);
		for (size_t l = 0; l < 2; l++)
			CHECK(!same_maps(&whole.net.encoder[l], &part.net.encoder[l]) &&
				!same_maps(&whole.net.decoder[l], &part.net.decoder[l]));
		spk_learner_clear(&a);
		spk_learner_clear(&b);
		fixture_clear(&whole);
		fixture_clear(&part);
	}
}

TEST_MAIN(TEST(update_descends_each_maps_own_loss), TEST(noise_raises_the_loss_as_it_must),
	TEST(optimisers_make_their_steps), TEST(step_sizes_fall_as_told), TEST(training_resumes_exactly))
