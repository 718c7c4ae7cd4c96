/*
 * Checkpoints of stacks, changed as a script says: one that is not as it was saved is refused with a reason.
 */
#include <spikem/scenario.h>

#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 1000;

static const char text[] =
	"spikem: 1\ntitle: Four pixels\nseed: 5\n"
	"data: {bars: {file: bars.csv, shape: [2, 2], range: [0, 100], labels: 2, splits: {train: 0-3}}}\n"
	"stack:\n"
	"  data: bars\n"
	"  layers:\n"
	"    - {name: x, unit: sigmoid}\n"
	"    - {name: h, size: 2, unit: softplus}\n"
	"  training: {split: train, epochs: 1, minibatch: 2, encoder_step: 1e-3, decoder_step: 1e-2}\n";
static const char bars[] = "0,90,0,90,0\n90,0,90,0,1\n10,80,5,70,0\n80,10,75,5,1\n";

static struct spk_scenario *read_scenario(void)
{
	struct spk_error err = {0};
	struct spk_scenario *scenario = NULL;
	char *diagnostics = NULL, path[FUZZ_PATH];

	fuzz_write("bars.csv", bars, sizeof bars - 1, path);
	fuzz_write("stack.yaml", text, sizeof text - 1, path);
	FUZZ_HOLDS(spk_scenario_load(path, 0, NULL, &scenario, &diagnostics, &err) == SPK_OK);
	free(diagnostics);
	return scenario;
}

/* What was saved, once. */
static struct {
	struct spk_scenario *scenario;
	char path[FUZZ_PATH];
	size_t size;
	uint8_t bytes[FUZZ_FILE];
} saved;

static int run_stack(int resume, char **ret_report, struct spk_error *err)
{
	const struct spk_stack_options options = {.checkpoint = saved.path, .resume = resume};

	return spk_stack_run(saved.scenario, &options, ret_report, err);
}

static void save_once(void)
{
	struct spk_error err = {0};

	if (saved.scenario)
		return;
	saved.scenario = read_scenario();
	(void)snprintf(saved.path, sizeof saved.path, "%s/case.checkpoint", fuzz_folder());
	FUZZ_HOLDS(run_stack(0, NULL, &err) == SPK_OK);
	saved.size = fuzz_read(saved.path, saved.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t file[FUZZ_FILE];
	struct fuzz_bytes bytes = {data, size};
	struct spk_error err = {0};
	char *report = NULL, path[FUZZ_PATH];
	size_t n;

	save_once();
	n = saved.size;
	memcpy(file, saved.bytes, n);
	fuzz_edit(&bytes, file, &n);
	const int same = n == saved.size && memcmp(file, saved.bytes, n) == 0;
	fuzz_write("case.checkpoint", file, n, path);
	const int rc = run_stack(1, &report, &err);
	if (rc)
		FUZZ_IS_ERROR(rc, err);
	FUZZ_HOLDS(same ? rc == SPK_OK && strstr(report, "resumed") : rc == SPK_E_FORMAT);
	free(report);
	return 0;
}
