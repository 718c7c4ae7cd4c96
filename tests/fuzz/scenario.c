/*
 * Scenarios with random damage: the reader must answer each with a scenario or with a reason, and never
 * crash, leak or overrun (run under ASan and UBSan: `make fuzz`). A scenario that it accepts must survive
 * being written as used and read again.
 *
 * Usage: scenario [N_CASES [FIRST_CASE]]; a case is a pure function of its number.
 */
#include <glob.h>
#include <spikem/rng.h>
#include <spikem/scenario.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TEXT = 1 << 16, MAX_DAMAGE = 6, DEFAULT_CASES = 2000 };

static const char *const words[] = {"\n", "\t", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "|", "'", "\"",
	"#", "?", "~", "null", "yes", ".nan", ".inf", "-1", "0", "1e308", "1e-320", "99999999999999999999",
	"0x10", "1:30", " ms", " mV", " pA", " kHz", " s", "like: exc", "size: 0", "all_to_all", "one_to_one",
	"list: [[0, 0]]", "{normal: {mean: 1 mV, sd: 0 mV}}", "set: mnist",
	"idx: {images: data, labels: data}", "mixture: {items: 3, means: [[0, 1]], sd: 1}",
	"hdf5: {file: data, values: /x}", "gaussian: {file: data, values: /x, items: 3}",
	"{file: data, path: /x}", "snapshot: last",
	"populations:", "projections:", "stack:", "layers: ", "evaluate:", "softplus",
	"{name: h, size: 3, unit: linear}", "record:", "spikes: ", "protocol:", "stdp_pair", "lif_exp",
	"poisson", "\xff\xfe", "\xc3", "---", "...", "!!int ", "<<: "};
enum { N_WORDS = sizeof words / sizeof *words };

struct text {
	size_t length;
	char bytes[MAX_TEXT];
};

static size_t pick(struct spk_rng *rng, size_t n)
{
	return n ? (size_t)spk_rng_below(rng, n) : 0;
}

/* Replace `removed` bytes at `at` by `n` others; does nothing when there is no room. */
static void splice(struct text *text, size_t at, size_t removed, const char *bytes, size_t n)
{
	if (text->length - removed + n > MAX_TEXT)
		return;
	memmove(text->bytes + at + n, text->bytes + at + removed, text->length - at - removed);
	memcpy(text->bytes + at, bytes, n);
	text->length = text->length - removed + n;
}

static void damage(struct text *text, struct spk_rng *rng)
{
	const size_t at = pick(rng, text->length);
	const size_t span = pick(rng, text->length - at < 40 ? text->length - at : 40);
	const char byte = (char)pick(rng, 256);
	const char *const word = words[pick(rng, N_WORDS)];
	char copy[64];
	switch (pick(rng, 5)) {
	case 0: /* another byte */
		splice(text, at, text->length > at, &byte, 1);
		break;
	case 1: /* a span is lost */
		splice(text, at, span, "", 0);
		break;
	case 2: /* a span is doubled elsewhere */
		memcpy(copy, text->bytes + at, span);
		splice(text, pick(rng, text->length), 0, copy, span);
		break;
	case 3: /* a word is inserted */
		splice(text, at, 0, word, strlen(word));
		break;
	default: /* a word replaces a span */
		splice(text, at, span, word, strlen(word));
	}
}

static int write_text(const char *path, const char *bytes, size_t length)
{
	FILE *const file = fopen(path, "wb");
	if (!file)
		return -1;
	const size_t written = fwrite(bytes, 1, length, file);
	return fclose(file) == 0 && written == length ? 0 : -1;
}

static int read_text(const char *path, struct text *ret_text)
{
	FILE *const file = fopen(path, "rb");
	if (!file)
		return -1;
	ret_text->length = fread(ret_text->bytes, 1, MAX_TEXT, file);
	return fclose(file);
}

/* @return NULL, or what is wrong */
static const char *load_again(const struct spk_scenario *scenario, const char *path)
{
	struct spk_error err = {0};
	struct spk_scenario *again = NULL;
	char *diagnostics = NULL;
	const char *wrong = NULL;
	if (write_text(path, scenario->used, strlen(scenario->used)))
		return "cannot write the scenario as used";
	if (spk_scenario_load(path, 0, NULL, &again, &diagnostics, &err))
		wrong = "the scenario as used is refused";
	else if (strcmp(again->used, scenario->used) != 0)
		wrong = "the scenario as used changes when it is read again";
	if (wrong && diagnostics)
		fputs(diagnostics, stderr);
	spk_scenario_free(again);
	free(diagnostics);
	return wrong;
}

/* @return NULL, or what is wrong */
static const char *try_case(const struct text *text, const char *path, unsigned *ret_accepted)
{
	struct spk_error err = {0};
	struct spk_scenario *scenario = NULL;
	char *diagnostics = NULL;
	const char *wrong = NULL;
	if (write_text(path, text->bytes, text->length))
		return "cannot write the case";
	const int rc = spk_scenario_load(path, 0, NULL, &scenario, &diagnostics, &err);
	if (rc == 0) {
		(*ret_accepted)++;
		wrong = scenario ? load_again(scenario, path) : "success without a scenario";
		spk_scenario_free(scenario);
	} else if (scenario) {
		wrong = "a failure touched the output";
	} else if (err.status != rc || (!err.text[0] && !diagnostics)) {
		wrong = "refused without a reason";
	}
	free(diagnostics);
	return wrong;
}

int main(int argc, char **argv)
{
	const unsigned long n_cases = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT_CASES;
	const unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	static struct text text;
	char folder[] = "build/fuzz-XXXXXX", path[64], data[64];
	glob_t seeds;
	unsigned accepted = 0;
	const char *wrong = NULL;
	if (glob("scenarios/*.yaml", 0, NULL, &seeds) != 0 || !mkdtemp(folder)) {
		fprintf(stderr, "fuzz: run from the root of the sources, after a build\n");
		return 2;
	}
	snprintf(path, sizeof path, "%s/case.yaml", folder);
	snprintf(data, sizeof data, "%s/data", folder);
	if (symlink("../../scenarios/data", data) != 0)
		wrong = "cannot link the data sets";
	for (unsigned long k = first; k < first + n_cases && !wrong; k++) {
		struct spk_rng rng = spk_rng_stream(1, SPK_RNG_TEST, 0, k);
		if (read_text(seeds.gl_pathv[pick(&rng, seeds.gl_pathc)], &text))
			wrong = "cannot read a seed";
		for (size_t d = 1 + pick(&rng, MAX_DAMAGE); d > 0; d--)
			damage(&text, &rng);
		if (!wrong)
			wrong = try_case(&text, path, &accepted);
		if (wrong)
			fprintf(stderr, "fuzz: case %lu: %s; it is in %s\n", k, wrong, path);
	}
	globfree(&seeds);
	if (!wrong) {
		unlink(path);
		unlink(data);
		rmdir(folder);
		printf("fuzz: %lu damaged scenarios, %u of them still right, none mishandled\n", n_cases,
			accepted);
	}
	return wrong != NULL;
}
