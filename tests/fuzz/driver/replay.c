/*
 * A driver of fuzz targets without libFuzzer: first every input of the target's corpus, then inputs made from
 * them by damage. Case k is a pure function of k and the corpus. Prints TAP, as tests do.
 *
 * Usage: TARGET [N_CASES [FIRST_CASE]]    from the root of the sources
 *        TARGET FILE...                   these inputs and no others
 */
#include <glob.h>
#include <signal.h>
#include <spikem/rng.h>

#include "tests/fuzz/fuzz.h"

enum { MAX_INPUT = 1 << 16, MAX_DAMAGE = 6, MAX_SPAN = 64, MAX_SECONDS = 20 };

struct input {
	size_t size;
	uint8_t bytes[MAX_INPUT];
};

static int read_input(const char *path, struct input *ret)
{
	FILE *const file = fopen(path, "rb");

	if (!file)
		return -1;
	ret->size = fread(ret->bytes, 1, MAX_INPUT, file);
	return fclose(file);
}

/* Replace `removed` bytes at `at` by n others; does nothing when there is no room. */
static void splice(struct input *input, size_t at, size_t removed, const uint8_t *bytes, size_t n)
{
	if (input->size - removed + n > MAX_INPUT)
		return;
	memmove(input->bytes + at + n, input->bytes + at + removed, input->size - at - removed);
	memcpy(input->bytes + at, bytes, n);
	input->size += n - removed;
}

static size_t pick(struct spk_rng *rng, size_t n)
{
	return n ? (size_t)spk_rng_below(rng, n) : 0;
}

static size_t pick_span(struct spk_rng *rng, size_t room)
{
	return pick(rng, room < MAX_SPAN ? room + 1 : MAX_SPAN);
}

static void damage(struct input *input, const struct input *other, struct spk_rng *rng)
{
	const size_t at = pick(rng, input->size), span = pick_span(rng, input->size - at);
	const size_t from = pick(rng, other->size), length = pick_span(rng, other->size - from);
	const uint8_t byte = (uint8_t)pick(rng, 256);

	switch (pick(rng, 8)) {
	case 0: /* another byte */
		splice(input, at, input->size > at, &byte, 1);
		break;
	case 1: /* a flipped bit */
		if (input->size)
			input->bytes[at] ^= (uint8_t)(1u << pick(rng, 8));
		break;
	case 2: /* the end is lost */
		input->size = pick(rng, 4) ? input->size : at;
		break;
	case 3: /* a span is lost */
		splice(input, at, span, &byte, 0);
		break;
	case 4: /* a byte comes in */
		splice(input, at, 0, &byte, 1);
		break;
	case 5: /* a span of another input comes in */
		splice(input, at, 0, other->bytes + from, length);
		break;
	default: /* and replaces one */
		splice(input, at, span, other->bytes + from, length);
	}
}

/* The target reads from memory of just that size, so that a sanitizer sees what lies beyond. */
static void try_input(const struct input *input)
{
	uint8_t *const copy = malloc(input->size + !input->size);

	FUZZ_HOLDS(copy);
	memcpy(copy, input->bytes, input->size);
	(void)alarm(MAX_SECONDS);
	(void)LLVMFuzzerTestOneInput(copy, input->size);
	free(copy);
}

/* Read inputs, and try them as they are. NULL: one could not be read. */
static struct input *try_files(size_t n, char **paths)
{
	struct input *const inputs = calloc(n, sizeof *inputs);

	FUZZ_HOLDS(inputs);
	for (size_t k = 0; k < n; k++) {
		if (read_input(paths[k], &inputs[k])) {
			fprintf(stderr, "fuzz: cannot read %s\n", paths[k]);
			free(inputs);
			return NULL;
		}
		printf("# %s\n", paths[k]);
		fflush(stdout);
		try_input(&inputs[k]);
	}
	return inputs;
}

/* ---- Cases -------------------------------------------------------------------------------------- */

static volatile unsigned long now_at; /* number of the running case */

/* A target that stops the process: say with which case, and end as it would have. */
static void tell_case(int signal_number)
{
	char text[96];
	const int n = snprintf(text, sizeof text, "# stopped by case %lu: give 1 and this number\n", now_at);

	if (n > 0 && write(STDOUT_FILENO, text, (size_t)n) < 0)
		_exit(2);
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
}

static void try_cases(const struct input *seeds, size_t n_seeds, unsigned long first, unsigned long n)
{
	static struct input input;

	for (now_at = first; now_at < first + n; now_at++) {
		struct spk_rng rng = spk_rng_stream(1, SPK_RNG_TEST, 0, now_at);
		input = seeds[pick(&rng, n_seeds)];
		const struct input *const other = &seeds[pick(&rng, n_seeds)];
		for (size_t d = 1 + pick(&rng, MAX_DAMAGE); d > 0; d--)
			damage(&input, other, &rng);
		try_input(&input);
	}
}

/* Name of the target: that of the program. */
static int find_corpus(const char *program, glob_t *ret_seeds)
{
	const char *const slash = strrchr(program, '/');
	char pattern[256];

	(void)snprintf(pattern, sizeof pattern, "tests/fuzz/corpus/%s/*", slash ? slash + 1 : program);
	return glob(pattern, 0, NULL, ret_seeds);
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
	unsigned long n = fuzz_cases, first = 0;
	char *end = NULL;
	glob_t seeds;

	if (argc > 1) {
		n = strtoul(argv[1], &end, 10);
		first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	}
	const int is_given = end && *end;
	if (is_given) {
		seeds = (glob_t){.gl_pathc = (size_t)argc - 1, .gl_pathv = argv + 1};
	} else if (find_corpus(argv[0], &seeds)) {
		fprintf(stderr, "fuzz: no corpus of %s; run from the root of the sources\n", argv[0]);
		return 2;
	}
	struct input *const inputs = try_files(seeds.gl_pathc, seeds.gl_pathv);
	printf("%s 1 - corpus of %zu inputs\n", inputs ? "ok" : "not ok", seeds.gl_pathc);
	fflush(stdout);
	if (inputs && !is_given) {
		for (size_t k = 0; k < sizeof signals / sizeof *signals; k++)
			(void)signal(signals[k], tell_case);
		try_cases(inputs, seeds.gl_pathc, first, n);
		printf("ok 2 - %lu damaged inputs\n", n);
		globfree(&seeds);
	}
	printf("1..%d\n", inputs && !is_given ? 2 : 1);
	free(inputs);
	return !inputs;
}
