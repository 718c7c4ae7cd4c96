/* Reader of stacks: what a good one becomes, and where each mistake is answered. */
#include "tests/unit/scenario_file.h"

/* A stack on six-pixel images; the parts that tests replace are arguments. */
#define DATA                                                                                                 \
	"spikem: 1\n"                                                                                        \
	"data: {d: {file: images.csv, shape: [2, 3], range: [0, 16], labels: 3, splits: {t: 0-1, v: 2}}}\n"
#define LAYERS                                                                                               \
	"  layers: [{name: x, unit: sigmoid}, {name: h, size: 4, unit: softplus}, "                          \
	"{name: top, size: 2, unit: sigmoid}]\n"
#define TRAIN "  training: {split: t}\n"
#define STACK(rest) DATA "stack:\n  data: d\n" rest

struct wrong {
	const char *text; /* `@` marks the place of the mistake and is taken out */
	const char *part; /* of the answer */
};

static void write_images(void)
{
	static const char images[] = "0,8,16,0,8,16,0\n16,16,16,0,0,0,1\n1,2,3,4,5,6,2\n";
	char path[512];

	scratch_path(path, sizeof path, "images.csv");
	write_scratch(path, images, sizeof images - 1);
}

static void check_wrong(const struct wrong *wrong)
{
	char text[4096], place[700];
	struct loaded loaded;
	int line = 1, column = 1;

	(void)snprintf(text, sizeof text, "%s", wrong->text);
	char *const mark = strchr(text, '@');
	for (const char *p = text; p < mark; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	memmove(mark, mark + 1, strlen(mark));
	loaded = load_text(text);
	(void)snprintf(place, sizeof place, "%s:%d:%d: error: ", loaded.path, line, column);
	CHECK(loaded.rc != SPK_OK && loaded.scenario == NULL);
	if (!CHECK(loaded.report != NULL && strncmp(loaded.report, place, strlen(place)) == 0) |
		!CHECK(loaded.report != NULL && strstr(loaded.report, wrong->part) != NULL))
		printf("# %s\n#   should be at %d:%d with: %s\n#   got: %s\n", wrong->text, line, column,
			wrong->part, loaded.report != NULL ? loaded.report : "no report");
	loaded_clear(&loaded);
}

#define CHECK_ALL(list)                                                                                      \
	for (size_t k = 0; k < sizeof(list) / sizeof *(list); k++)                                           \
	check_wrong(&(list)[k])

/* ---- Good --------------------------------------------------------------------------------------- */

static const char full[] = STACK(
	"  layers:\n"
	"    - {name: x, unit: sigmoid, bias: -2, corruption: 0.2, size: 6}\n"
	"    - {name: h1, size: 5, unit: softplus, bias: -3, gain: 0.3, decoder_gain: 0.5, centre: true, "
	"sigma: 2, corruption: 0.1, encoder_step: 1e-3}\n"
	"    - {name: h2, size: 4, unit: sigmoid, draws: 3}\n"
	"  objective: {alpha: 0.5, prior: true}\n"
	"  inference: {steps: 7, delta: 0.2, alpha: 0.01, temperature: 0.25, estimator: gradient}\n"
	"  training: {split: t, epochs: 9, minibatch: 10, infer_from: corrupted, optimiser: adam, "
	"encoder_step: 1e-3, decoder_step: "
	"1e-2, decay: 0.5, final: 0.1, momentum: 0.8, forget: 0.99, epsilon: 1e-4}\n"
	"  prior: {spread: 3, covariance: full, clip: false}\n"
	"  evaluate:\n"
	"    ascent: {split: v, steps: 11, directions: true, alpha: 0.25}\n"
	"    likelihood:\n"
	"      {split: v, choose_on: t, samples: 2, widths: [0.1, 0.2], samplers: [{name: a, model: "
	"ancestral}, {name: g h, model: generate, rounds: 2, alpha: 0.3}, {name: t, model: data}]}\n"
	"    inpainting: {split: v, rounds: 4, masks: [left, random], steps: 3}\n");

static void whole(void)
{
	struct loaded loaded;
	const struct spk_stack *s;

	write_images();
	loaded = load_text(full);
	if (!CHECK(loaded.rc == SPK_OK && loaded.report == NULL)) {
		printf("# %s\n", loaded.report);
		return;
	}
	s = &loaded.scenario->stack;
	CHECK(s->on && s->dataset == 0 && s->n_layers == 3);
	CHECK(s->layers[0].size == 6 && s->layers[1].size == 5 && s->layers[2].size == 4);
	CHECK_STR(s->layers[1].name, "h1");
	CHECK_STR(s->layers[1].unit->name, "softplus");
	CHECK(s->layers[1].bias == -3 && s->layers[1].gain == 0.3 && s->layers[1].decoder_gain == 0.5);
	CHECK(s->layers[1].centre == 1 && s->layers[0].centre == 0 && s->layers[1].sigma == 2);
	CHECK(s->layers[1].encoder_step == 1e-3 && s->layers[1].decoder_step == 0);
	CHECK(s->layers[0].corruption == 0.2 && s->layers[2].draws == 3 && s->layers[0].gain == 1);
	CHECK(s->objective_alpha == 0.5 && s->objective_prior == 1);
	CHECK(s->inference.steps == 7 && s->inference.delta == 0.2 && s->inference.alpha == 0.01);
	CHECK(s->inference.temperature == 0.25 && s->inference.estimator == SPK_ESTIMATOR_GRADIENT);
	CHECK(s->training.infer_from_corrupted == 1);
	CHECK(s->training.split == 0 && s->training.epochs == 9 && s->training.minibatch == 10);
	CHECK(s->training.optimiser == SPK_OPTIMISER_ADAM && s->training.final == 0.1);
	CHECK(s->training.encoder_step == 1e-3 && s->training.decoder_step == 1e-2);
	CHECK(s->training.decay == 0.5 && s->training.momentum == 0.8 && s->training.forget == 0.99);
	CHECK(s->training.epsilon == 1e-4);
	CHECK(s->prior.spread == 3 && s->prior.full_covariance == 1 && s->prior.clip == 0);
	CHECK(s->ascent.on && s->ascent.split == 1 && s->ascent.inference.steps == 11 &&
		s->ascent.directions);
	CHECK(s->likelihood.on && s->likelihood.split == 1 && s->likelihood.choose_on == 0);
	CHECK(s->likelihood.n_samples == 2 && s->likelihood.n_widths == 2 && s->likelihood.widths[1] == 0.2);
	CHECK(s->inpainting.on && s->inpainting.n_masks == 2 && s->inpainting.rounds == 4);
	CHECK(s->inpainting.masks[0] == SPK_MASK_LEFT && s->inpainting.masks[1] == SPK_MASK_RANDOM);
	CHECK(!s->score.on);
	loaded_clear(&loaded);
}

/* What a sampler, the ascent and the in-painting do not say of their inference is that of the stack. */
static void inherited_inference(void)
{
	struct loaded loaded;

	write_images();
	loaded = load_text(full);
	if (!CHECK(loaded.rc == SPK_OK))
		return;
	const struct spk_stack *s = &loaded.scenario->stack;
	const struct spk_stack_sampler *generate = &s->likelihood.samplers[1];
	CHECK(s->likelihood.n_samplers == 3);
	CHECK_STR(generate->name, "g h");
	CHECK(generate->kind == SPK_SAMPLER_GENERATE && generate->rounds == 2);
	CHECK(generate->inference.alpha == 0.3 && generate->inference.steps == 7);
	CHECK(generate->inference.estimator == SPK_ESTIMATOR_GRADIENT);
	CHECK(s->ascent.inference.steps == 11 && s->ascent.inference.alpha == 0.25);
	CHECK(s->ascent.inference.delta == 0.2 && s->ascent.inference.temperature == 0.25);
	CHECK(s->ascent.inference.estimator == SPK_ESTIMATOR_GRADIENT);
	CHECK(s->inpainting.inference.steps == 3 && s->inpainting.inference.delta == 0.2);
	loaded_clear(&loaded);
}

static void defaults(void)
{
	struct loaded loaded;

	write_images();
	loaded = load_text(STACK(LAYERS TRAIN));
	if (!CHECK(loaded.rc == SPK_OK))
		return;
	const struct spk_stack *s = &loaded.scenario->stack;
	CHECK(s->inference.steps == 15 && s->inference.delta == 0.1 && s->inference.alpha == 0.001);
	CHECK(s->inference.estimator == SPK_ESTIMATOR_TARGET_PROP && s->inference.temperature == 0);
	CHECK(!s->training.infer_from_corrupted && s->ascent.inference.steps == 0);
	CHECK(s->training.epochs == 20 && s->training.minibatch == 100 && s->training.final == 0);
	CHECK(s->training.optimiser == SPK_OPTIMISER_RMSPROP && s->training.decay == 1);
	CHECK(s->prior.spread == 4 && !s->prior.full_covariance && s->prior.clip);
	CHECK(!s->ascent.on && !s->likelihood.on && !s->inpainting.on && !s->score.on);
	loaded_clear(&loaded);
}

/* The scenario as used is read as the same scenario again. */
static void used_again(void)
{
	struct loaded first, second;

	write_images();
	first = load_text(full);
	if (!CHECK(first.rc == SPK_OK))
		return;
	second = load_text(first.scenario->used);
	if (CHECK(second.rc == SPK_OK)) {
		CHECK_STR(second.scenario->used, first.scenario->used);
		CHECK_STR(second.scenario->stack.fingerprint, first.scenario->stack.fingerprint);
	}
	loaded_clear(&first);
	loaded_clear(&second);
}

/* Two loads of a text with and without one override: is the fingerprint the same? */
static int same_fingerprint(const char *text, const char *set)
{
	char path[512];
	struct loaded plain = load_text(text), changed;
	int same = 0;

	scratch_path(path, sizeof path, "scenario_under_test.yaml");
	changed = load_file(path, 1, &set);
	if (CHECK(plain.rc == SPK_OK && changed.rc == SPK_OK))
		same = strcmp(plain.scenario->stack.fingerprint, changed.scenario->stack.fingerprint) == 0;
	loaded_clear(&plain);
	loaded_clear(&changed);
	return same;
}

static void fingerprint(void)
{
	write_images();
	CHECK(same_fingerprint(full, "title=other"));
	CHECK(same_fingerprint(full, "stack.prior.spread=1"));
	CHECK(same_fingerprint(full, "stack.evaluate.ascent.steps=3"));
	CHECK(!same_fingerprint(full, "seed=2"));
	CHECK(!same_fingerprint(full, "stack.inference.steps=3"));
	CHECK(!same_fingerprint(full, "stack.layers[1].size=4"));
	/* the number of epochs matters only where the step size is led towards the last one */
	CHECK(!same_fingerprint(full, "stack.training.epochs=10"));
	CHECK(same_fingerprint(STACK(LAYERS TRAIN), "stack.training.epochs=10"));
}

/* ---- Wrong -------------------------------------------------------------------------------------- */

static void beside_others(void)
{
	static const struct wrong list[] = {
		{STACK(LAYERS TRAIN) "@populations: {}\n", "`populations` has no place beside `stack`"},
		{STACK(LAYERS TRAIN) "@duration: 1 s\n", "`duration` has no place beside `stack`"},
		{STACK(LAYERS TRAIN) "@start: 1 s\n", "`start` has no place beside `stack`"},
		{STACK(LAYERS TRAIN) "@record: {}\n", "`record` has no place beside `stack`"},
		{STACK(LAYERS TRAIN) "@protocol: {}\n", "`protocol` has no place beside `stack`"},
		{STACK(LAYERS TRAIN) "@projections: []\n", "`projections` has no place beside `stack`"},
		{"@spikem: 1\nduration: 1 s\n", "`populations` is missing"},
	};

	write_images();
	CHECK_ALL(list);
}

static void layers(void)
{
	static const struct wrong list[] = {
		{STACK("  layers: [{name: x, unit: @sigmoit}, {name: h, size: 2, unit: linear}]\n" TRAIN),
			"did you mean `sigmoid`?"},
		{STACK("  layers: [{name: x, unit: sigmoid}, @{name: h, unit: linear}]\n" TRAIN),
			"`size` is missing"},
		{STACK("  layers: @[{name: x, unit: sigmoid}]\n" TRAIN), "2 to 16 layers, not 1"},
		{STACK("  layers: [{name: x, size: @7, unit: sigmoid}, {name: h, size: 2, unit: "
		       "linear}]\n" TRAIN),
			"has 6 units"},
		{STACK("  layers: [{name: x, unit: sigmoid}, {name: h, size: @16385, unit: linear}]\n" TRAIN),
			"between 1 and 16384"},
		{STACK("  layers: [{name: x, unit: sigmoid}, @{name: x, size: 2, unit: linear}]\n" TRAIN),
			"two layers are called `x`"},
		{STACK("  layers: [{name: x, unit: sigmoid}, {name: h, size: 2, unit: softplus, draws: "
		       "@3}]\n" TRAIN),
			"draws need a unit with values between 0 and 1"},
		{STACK("  layers: [{name: x, unit: sigmoid, draws: @3}, {name: h, size: 2, unit: "
		       "sigmoid}]\n" TRAIN),
			"no input of a decoder"},
		{STACK("  layers: [{name: x, unit: sigmoid}, {name: h, size: 2, unit: sigmoid, draws: 3, "
		       "corruption: @0.1}]\n" TRAIN),
			"in place of noise"},
		{STACK("  layers: [{name: x, unit: sigmoid}, {name: h, size: 2, unit: linear, sigma: "
		       "@0}]\n" TRAIN),
			"`sigma` must be"},
		{STACK("  layers: [{name: x, unit: sigmoid, @colour: 1}, {name: h, size: 2, unit: "
		       "linear}]\n" TRAIN),
			"unknown key `colour`"},
	};

	write_images();
	CHECK_ALL(list);
}

static void references(void)
{
	static const struct wrong list[] = {
		{DATA "stack:\n  data: @e\n" LAYERS TRAIN, "unknown data set `e`"},
		{STACK(LAYERS "  training: {split: @test}\n"), "unknown split `test` of `d`"},
		{STACK(LAYERS TRAIN "  evaluate: {ascent: {split: @w}}\n"), "expected one of t, v"},
		{STACK(LAYERS "  training: @{epochs: 3}\n"), "`split` is missing"},
		{STACK(LAYERS "  training: {split: t, optimiser: @adm}\n"), "did you mean `adam`?"},
		{STACK(LAYERS "  training: {split: t, minibatch: @0}\n"), "between 1 and 65536"},
		{STACK(LAYERS TRAIN "  inference: {estimator: @exact}\n"), "target_prop, gradient, random"},
		{STACK(LAYERS TRAIN "  prior: {covariance: @ful}\n"), "did you mean `full`?"},
	};

	write_images();
	CHECK_ALL(list);
}

#define SCORED(rest)                                                                                         \
	STACK(LAYERS TRAIN "  evaluate: {likelihood: {split: v, choose_on: t, samples: 2, " rest "}}\n")

/* Samples from a data set of points in the given number of dimensions. */
#define MADE(items, means)                                                                                   \
	"spikem: 1\ndata: {d: {file: images.csv, shape: [2, 3], range: [0, 16], labels: 3, splits: "         \
	"{t: 0-1, v: 2}}, e: {mixture: {items: " items ", means: [" means "], sd: 1}}}\n"                    \
	"stack:\n  data: d\n" LAYERS TRAIN "  evaluate: {likelihood: {split: v, choose_on: t, samples: 2, "  \
	"widths: [1], samplers: [{name: a, model: items, data: @e}]}}\n"

static void evaluations(void)
{
	static const struct wrong list[] = {
		{MADE("9", "[0, 0]"), "an item of `e` has 2 pixels, of `d` 6"},
		{MADE("1", "[0, 0, 0, 0, 0, 0]"), "2 samples are asked for, `e` has 1 items"},
		{SCORED("widths: [0.1, @0], samplers: [{name: a, model: ancestral}]"), "must be > 0"},
		{SCORED("widths: @[], samplers: [{name: a, model: ancestral}]"), "too short"},
		{SCORED("widths: [0.1], samplers: @[]"), "1 to 64 samplers"},
		{SCORED("widths: [0.1], samplers: [{name: @a/b, model: ancestral}]"),
			"cannot name a sampler"},
		{SCORED("widths: [0.1], samplers: [{name: a, model: @ancestor}]"), "unknown word"},
		{SCORED("widths: [0.1], samplers: [@{name: a, model: items}]"), "`data` is missing"},
		{SCORED("widths: [0.1], samplers: [{name: a, model: items, data: @e}]"),
			"unknown data set `e`"},
		{SCORED("widths: [0.1], samplers: [{name: a, model: data, @data: d}]"), "items only"},
		{SCORED("widths: [0.1], samplers: [{name: a, model: ancestral, @rounds: 3}]"),
			"`rounds` belongs to model generate joint only"},
		{SCORED("widths: [0.1], samplers: [{name: a, model: data}, @{name: a, model: joint}]"),
			"two samplers are called `a`"},
		{SCORED("widths: [0.1], samplers: [@{name: a, model: generate, estimator: random}]"),
			"cannot be made with random weights"},
		{STACK(LAYERS TRAIN "  evaluate: {likelihood: {split: v, choose_on: t, samples: 3, widths: "
				    "[1], samplers: [@{name: a, model: data}]}}\n"),
			"as many training items, there are 2"},
		{STACK(LAYERS TRAIN "  evaluate: {inpainting: {split: v, masks: [top, @topp]}}\n"),
			"did you mean `top`?"},
		{STACK(LAYERS TRAIN "  evaluate: {inpainting: {split: v, masks: [top, @top]}}\n"),
			"`top` is listed twice"},
		{STACK(LAYERS TRAIN "  evaluate: {@score: {split: v}}\n"), "known density"},
		{STACK(LAYERS TRAIN "  evaluate: {@scores: {split: v}}\n"), "did you mean `score`?"},
	};

	write_images();
	CHECK_ALL(list);
}

TEST_MAIN(TEST(whole), TEST(inherited_inference), TEST(defaults), TEST(used_again), TEST(fingerprint),
	TEST(beside_others), TEST(layers), TEST(references), TEST(evaluations))
