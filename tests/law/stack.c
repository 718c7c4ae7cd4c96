/* Laws of a whole stack: threads change no bit; training explains data; inference then raises the objective.
 */
#include "tests/stack_fixture.h"

/* ---- Threads ------------------------------------------------------------------------------------ */

/* Two updates with noise everywhere, then samples: all that threads could disturb. */
static void run_all(const struct spk_parallel *parallel, struct fixture *f, float *ret_difference)
{
	struct spk_rng noise = spk_rng_stream(1, SPK_RNG_TEST, 0, 0);
	const struct spk_prior prior = {.spread = 1, .full_covariance = 1};
	const struct spk_stack_sampler joint = {.kind = SPK_SAMPLER_JOINT, .rounds = 1};
	struct spk_stack_sampler generate = {.kind = SPK_SAMPLER_GENERATE, .rounds = 1};
	struct spk_learner learner;
	struct spk_learn_loss loss;
	struct spk_error err = {0};
	struct spk_top top;
	float *start = malloc(f->batch.n * f->net.size[0] * sizeof *start);

	generate.inference = f->stack.inference;
	memcpy(start, f->batch.h[0], f->batch.n * f->net.size[0] * sizeof *start);
	CHECK(spk_learner_init(&f->stack, &f->net, 1, &learner, &err) == SPK_OK);
	for (unsigned u = 0; u < 2; u++) {
		spk_infer(parallel, &f->net, &f->stack.inference, NULL, &noise, &f->batch);
		spk_learn(parallel, &learner, &f->net, 0, &f->batch, &loss);
	}
	spk_infer_difference(parallel, &f->net, SPK_ESTIMATOR_GRADIENT, NULL, 1, &f->batch, ret_difference);
	if (CHECK(spk_top_fit(&prior, f->layers[2].unit->lo, f->layers[2].unit->hi, f->net.size[2],
			  f->batch.n, f->batch.h[2], &top, &err) == SPK_OK)) {
		spk_sample(parallel, &f->stack, &f->net, &top, &joint, 1, 0, 0, start, &f->batch);
		memcpy(start, f->batch.h[0], f->batch.n * f->net.size[0] * sizeof *start);
		spk_sample(parallel, &f->stack, &f->net, &top, &generate, 1, 0, 0, NULL, &f->batch);
		for (size_t k = 0; k < f->batch.n * f->net.size[0]; k++)
			f->batch.h[0][k] += start[k];
		spk_top_clear(&top);
	}
	spk_learner_clear(&learner);
	free(start);
}

static int same(const float *a, const float *b, size_t n)
{
	return memcmp(a, b, n * sizeof *a) == 0;
}

static void describe_noisy(struct fixture *f, const size_t *size)
{
	fixture_describe(f, 3, size);
	f->layers[0].corruption = f->layers[1].corruption = 0.1;
	f->layers[2].draws = 3;
	f->stack.inference.temperature = 0.01;
	f->stack.training.optimiser = SPK_OPTIMISER_RMSPROP;
}

static void threads_change_no_bit(void)
{
	const size_t size[] = {203, 790, 97}; /* cut into 2, 4 and 2 blocks */
	enum { N = 21, N_DIFFERENCE = N * 790 };
	struct fixture serial, f;
	float *difference = malloc(N_DIFFERENCE * sizeof *difference);
	float *other = malloc(N_DIFFERENCE * sizeof *other);

	describe_noisy(&serial, size);
	if (!fixture_build(&serial, N, 3))
		return;
	run_all(NULL, &serial, difference);
	for (unsigned threads = 1; threads <= 3; threads++) {
		struct spk_parallel parallel = fixture_threads(threads);
		describe_noisy(&f, size);
		if (fixture_build(&f, N, 3)) {
			run_all(&parallel, &f, other);
			CHECK(same(other, difference, N_DIFFERENCE));
			for (size_t l = 0; l < 3; l++)
				CHECK(same(f.batch.h[l], serial.batch.h[l], N * size[l]));
			for (size_t l = 0; l < 2; l++) {
				const size_t n = size[l] * size[l + 1];
				CHECK(same(f.net.encoder[l].weight, serial.net.encoder[l].weight, n));
				CHECK(same(f.net.decoder[l].weight, serial.net.decoder[l].weight, n));
				CHECK(same(f.net.decoder[l].bias, serial.net.decoder[l].bias, size[l]));
			}
		}
		fixture_clear(&f);
		spk_pool_free(parallel.pool);
	}
	fixture_clear(&serial);
	free(difference);
	free(other);
}

/* ---- Learning ----------------------------------------------------------------------------------- */

enum { ITEMS = 400, MINIBATCH = 20, PIXELS = 24, EPOCHS = 60 };

/* Smooth images of three hidden numbers. */
static void make_items(uint64_t seed, float *items)
{
	for (size_t i = 0; i < ITEMS; i++) {
		double z[3];
		for (size_t k = 0; k < 3; k++)
			z[k] = test_uniform(&seed, -2, 2);
		for (size_t p = 0; p < PIXELS; p++) {
			const double s = 6.283185307179586 * (double)p / PIXELS;
			items[i * PIXELS + p] =
				(float)(1 / (1 + exp(-(z[0] * sin(s) + z[1] * cos(s) + z[2] * sin(2 * s)))));
		}
	}
}

/* Squared distances of the first n items to their reconstruction from layer 1, and of layer 1 from layer 2.
 */
static void find_errors(const struct fixture *f, double *ret_x, double *ret_h)
{
	const size_t n = f->batch.n;

	*ret_x = *ret_h = 0;
	for (size_t i = 0; i < n; i++) {
		double h1[64], h2[64], x[64], back[64];
		plain_row(f->batch.h[0], f->net.size[0], i, x);
		plain_row(f->batch.h[1], f->net.size[1], i, h1);
		plain_row(f->batch.h[2], f->net.size[2], i, h2);
		plain_apply(&f->net.decoder[0], h1, back);
		for (size_t k = 0; k < f->net.size[0]; k++)
			*ret_x += pow(x[k] - back[k], 2) / (double)n;
		plain_apply(&f->net.decoder[1], h2, back);
		for (size_t k = 0; k < f->net.size[1]; k++)
			*ret_h += pow(h1[k] - back[k], 2) / (double)n;
	}
}

static void train(struct fixture *f, const float *items)
{
	struct spk_learner learner;
	struct spk_learn_loss loss;
	struct spk_error err = {0};

	if (!CHECK(spk_learner_init(&f->stack, &f->net, 1, &learner, &err) == SPK_OK))
		return;
	f->batch.n = MINIBATCH;
	for (uint64_t epoch = 0; epoch < EPOCHS; epoch++)
		for (size_t i = 0; i < ITEMS; i += MINIBATCH) {
			memcpy(f->batch.h[0], items + i * PIXELS, MINIBATCH * PIXELS * sizeof *items);
			spk_infer(NULL, &f->net, &f->stack.inference, NULL, NULL, &f->batch);
			spk_learn(NULL, &learner, &f->net, epoch, &f->batch, &loss);
		}
	spk_learner_clear(&learner);
}

static void describe_learner(struct fixture *f)
{
	const size_t size[] = {PIXELS, 40, 12};

	fixture_describe(f, 3, size);
	for (size_t l = 0; l < 3; l++) {
		f->layers[l].gain = 0.5;
		f->layers[l].corruption = 0.05;
		f->layers[l].bias = l == 1 ? -1 : 0;
	}
	f->stack.inference = (struct spk_inference){.steps = 15, .delta = 0.1, .alpha = 0.001};
	f->stack.training.optimiser = SPK_OPTIMISER_RMSPROP;
	f->stack.training.encoder_step = 3e-4;
	f->stack.training.decoder_step = 3e-3;
	f->stack.training.epochs = EPOCHS;
}

static void training_explains_new_items_and_inference_raises_j(void)
{
	struct fixture f;
	float *items = malloc(ITEMS * PIXELS * sizeof *items),
	      *fresh = malloc(ITEMS * PIXELS * sizeof *fresh);
	double x_untrained, h_untrained, x_before, h_before, x_after, h_after;

	make_items(1, items);
	make_items(2, fresh);
	describe_learner(&f);
	if (fixture_build(&f, ITEMS, 5)) {
		memcpy(f.batch.h[0], fresh, ITEMS * PIXELS * sizeof *fresh);
		spk_encode(NULL, &f.net, &f.batch);
		find_errors(&f, &x_untrained, &h_untrained);
		train(&f, items);
		f.batch.n = ITEMS;
		memcpy(f.batch.h[0], fresh, ITEMS * PIXELS * sizeof *fresh);
		spk_encode(NULL, &f.net, &f.batch);
		find_errors(&f, &x_before, &h_before);
		spk_infer(NULL, &f.net, &f.stack.inference, NULL, NULL, &f.batch);
		find_errors(&f, &x_after, &h_after);
		printf("# |x - g(h1)|^2: untrained %.3f, trained %.4f, after inference %.4f\n", x_untrained,
			x_before, x_after);
		printf("# |h1 - g(h2)|^2: untrained %.3f, trained %.4f, after inference %.4f\n", h_untrained,
			h_before, h_after);
		CHECK(x_before < x_untrained / 10);
		CHECK(x_after + h_after < x_before + h_before); /* J = -(sum)/2 rises */
		CHECK(x_after < x_before);
	}
	fixture_clear(&f);
	free(items);
	free(fresh);
}

TEST_MAIN(TEST(threads_change_no_bit), TEST(training_explains_new_items_and_inference_raises_j))
