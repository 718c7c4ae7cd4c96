/* Densities and scores of Gaussian mixtures; the denoising estimate where the best denoiser is known. */
#include "models/stack/score.h"

#include "tests/test.h"

static const double TWO_PI = 6.283185307179586477;

enum { N_COMPONENTS = 3, N_DIMS = 2 };

struct drawn {
	struct spk_mixture mixture;
	double means[N_COMPONENTS * N_DIMS], weights[N_COMPONENTS];
};

static void draw_mixture(uint64_t *seed, struct drawn *drawn)
{
	double sum = 0;

	for (size_t k = 0; k < N_COMPONENTS * N_DIMS; k++)
		drawn->means[k] = test_uniform(seed, -2, 2);
	for (size_t k = 0; k < N_COMPONENTS; k++)
		sum += drawn->weights[k] = test_uniform(seed, 0.1, 1);
	for (size_t k = 0; k < N_COMPONENTS; k++)
		drawn->weights[k] /= sum;
	drawn->mixture = (struct spk_mixture){.n_components = N_COMPONENTS,
		.n_dims = N_DIMS,
		.means = drawn->means,
		.weights = drawn->weights,
		.sd = test_uniform(seed, 0.3, 1)};
}

static double plain_density(const struct spk_mixture *mixture, double variance, const double *x)
{
	double sum = 0;

	for (size_t k = 0; k < N_COMPONENTS; k++) {
		const double dx = x[0] - mixture->means[2 * k], dy = x[1] - mixture->means[2 * k + 1];
		sum += mixture->weights[k] * exp(-(dx * dx + dy * dy) / (2 * variance)) / (TWO_PI * variance);
	}
	return sum;
}

/* Density of what is drawn with Gaussian noise on it: p(x - e) N(e; 0, blur^2) summed over a grid of e. */
static double noisy_density(const struct spk_mixture *mixture, double blur, const double *x)
{
	const double step = 0.05;
	double sum = 0;

	for (double ex = -4; ex < 4; ex += step)
		for (double ey = -4; ey < 4; ey += step) {
			const double at[N_DIMS] = {x[0] - ex, x[1] - ey};
			sum += plain_density(mixture, mixture->sd * mixture->sd, at) *
			       exp(-(ex * ex + ey * ey) / (2 * blur * blur)) * step * step /
			       (TWO_PI * blur * blur);
		}
	return sum;
}

static void blur_is_that_of_added_noise(void)
{
	uint64_t seed = 2;
	struct drawn drawn;
	const double blur = 0.6, h = 1e-3;
	double x[N_DIMS] = {0.3, -0.4}, score[N_DIMS], log_p[2];

	draw_mixture(&seed, &drawn);
	spk_mixture_score(&drawn.mixture, blur, x, score);
	for (size_t d = 0; d < N_DIMS; d++) {
		const double old = x[d];
		for (int k = 0; k < 2; k++) {
			x[d] = old + (k ? h : -h);
			log_p[k] = log(noisy_density(&drawn.mixture, blur, x));
		}
		x[d] = old;
		CHECK_ABS(score[d], (log_p[1] - log_p[0]) / (2 * h), 1e-5,
			"h^2 times third derivatives below 10; a grid much finer than its integrand");
	}
}

static void scores_are_slopes(void)
{
	PROPERTY(50, seed)
	{
		struct drawn drawn;
		double score[N_DIMS];
		draw_mixture(&seed, &drawn);
		const double blur = test_uniform(&seed, 0, 1), h = 1e-3;
		const double variance = drawn.mixture.sd * drawn.mixture.sd + blur * blur;
		double x[N_DIMS] = {test_uniform(&seed, -3, 3), test_uniform(&seed, -3, 3)};
		spk_mixture_score(&drawn.mixture, blur, x, score);
		for (size_t d = 0; d < N_DIMS; d++) {
			const double old = x[d];
			double difference[2];
			for (int k = 0; k < 2; k++) {
				x[d] = old + h / (k + 1);
				difference[k] = log(plain_density(&drawn.mixture, variance, x));
				x[d] = old - h / (k + 1);
				difference[k] -= log(plain_density(&drawn.mixture, variance, x));
				difference[k] *= (k + 1) / (2 * h);
			}
			x[d] = old;
			CHECK_ABS(score[d], (4 * difference[1] - difference[0]) / 3, 1e-7,
				"h^4 times fifth derivatives below 1e4; rounding of log p over h");
		}
	}
}

/* Far from all components nothing overflows, and the nearest component alone pulls. */
static void scores_are_finite_far_out(void)
{
	double means[] = {0, 0, 1, 0}, weights[] = {0.5, 0.5}, score[2];
	const struct spk_mixture mixture = {2, 2, means, weights, 0.1};
	const double x[] = {-100, 50};

	spk_mixture_score(&mixture, 0, x, score);
	CHECK_REL(score[0], 100 / 0.01, 1e-12, "a few operations");
	CHECK_REL(score[1], -50 / 0.01, 1e-12, "a few operations");
}

/* For x ~ N(0, s^2) the best denoiser is r(x) = s^2 / (s^2 + sigma^2) x. */
static void linear_denoiser_of_a_gaussian_gives_its_blurred_score(void)
{
	enum { N = 40 };
	struct spk_error err;
	uint64_t seed = 1;
	const double sd = 0.8, sigma = 0.5;
	const float shrink = (float)(sd * sd / (sd * sd + sigma * sigma));
	float up[] = {0, 1, 1, 0}, down[] = {0, shrink, shrink, 0}, bias[] = {0, 0}, x[2 * N],
	      estimate[2 * N];
	double mean[] = {0, 0}, weight = 1, score[2];
	const struct spk_unit_model *linear = spk_find_unit("linear");
	const struct spk_mixture gaussian = {1, 2, mean, &weight, sd};
	struct spk_net net = {.n_layers = 2, .size = {2, 2}};

	net.encoder[0] = (struct spk_map){.n_in = 2, .n_out = 2, .weight = up, .bias = bias, .unit = linear};
	net.decoder[0] =
		(struct spk_map){.n_in = 2, .n_out = 2, .weight = down, .bias = bias, .unit = linear};
	for (size_t k = 0; k < 2 * N; k++)
		x[k] = (float)test_uniform(&seed, -2, 2);
	if (!CHECK(spk_denoising_score(NULL, &net, sigma, N, x, estimate, &err) == SPK_OK))
		return;
	for (size_t i = 0; i < N; i++) {
		spk_mixture_score(
			&gaussian, sigma, (double[]){(double)x[2 * i], (double)x[2 * i + 1]}, score);
		for (size_t d = 0; d < 2; d++)
			CHECK_ABS((double)estimate[2 * i + d], score[d], 2e-6,
				"rounding of r(x) and its factor to single precision, over sigma^2");
	}
}

TEST_MAIN(TEST(blur_is_that_of_added_noise), TEST(scores_are_slopes), TEST(scores_are_finite_far_out),
	TEST(linear_denoiser_of_a_gaussian_gives_its_blurred_score))
