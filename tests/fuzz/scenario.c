/*
 * Scenarios: read, or refused with a reason. One that is accepted survives being written as used and read
 * again.
 */
#include <spikem/scenario.h>

#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 2000;

/* The shipped data sets lie beside the case; the large ones, which take a second to read, are not there. */
static void place_data(void)
{
	char root[FUZZ_PATH], to[FUZZ_PATH + 32], from[FUZZ_PATH + 32];
	static int done;

	if (done++)
		return;
	FUZZ_HOLDS(getcwd(root, sizeof root));
	(void)snprintf(to, sizeof to, "%s/scenarios/data", root);
	(void)snprintf(from, sizeof from, "%s/data", fuzz_folder());
	FUZZ_HOLDS(symlink(to, from) == 0);
	FUZZ_HOLDS(setenv("SPIKEM_DATA", fuzz_folder(), 1) == 0 && setenv("HOME", fuzz_folder(), 1) == 0);
	FUZZ_HOLDS(unsetenv("XDG_DATA_HOME") == 0);
}

static void load_again(const struct spk_scenario *scenario)
{
	struct spk_error err = {0};
	struct spk_scenario *again = NULL;
	char *diagnostics = NULL, path[FUZZ_PATH];

	fuzz_write("case.yaml", scenario->used, strlen(scenario->used), path);
	const int rc = spk_scenario_load(path, 0, NULL, &again, &diagnostics, &err);
	if (rc && diagnostics)
		fputs(diagnostics, stderr);
	FUZZ_HOLDS(rc == SPK_OK);
	FUZZ_HOLDS(strcmp(again->used, scenario->used) == 0);
	spk_scenario_free(again);
	free(diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spk_error err = {0};
	struct spk_scenario *scenario = NULL;
	char *diagnostics = NULL, path[FUZZ_PATH];

	place_data();
	fuzz_write("case.yaml", data, size, path);
	const int rc = spk_scenario_load(path, 0, NULL, &scenario, &diagnostics, &err);
	if (rc)
		FUZZ_HOLDS(!scenario && err.status == rc && (err.text[0] || diagnostics));
	else
		load_again(scenario);
	spk_scenario_free(scenario);
	free(diagnostics);
	return 0;
}
