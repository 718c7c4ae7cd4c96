#include "tools/load.h"
#include "tools/args.h"
#include "tools/commands.h"
#include "tools/terminal.h"
#include <stdlib.h>

int spk_overrides_add(struct spk_overrides *overrides, const char *text)
{
	if (overrides->n == SPK_MAX_OVERRIDES)
		return -1;
	overrides->items[overrides->n++].text = text;
	return 0;
}

typedef int load(const char *path, size_t n_overrides, const struct spk_override *overrides,
	struct spk_scenario **ret_scenario, char **ret_diagnostics, struct spk_error *err);

static int load_with(load *read, const char *path, const struct spk_overrides *overrides,
	struct spk_scenario **ret_scenario)
{
	struct spk_error err = {0};
	char *diagnostics = NULL;
	const int rc = read(path, overrides->n, overrides->items, ret_scenario, &diagnostics, &err);
	spk_term_diagnostics(stderr, diagnostics);
	if (rc && !(rc == SPK_E_SCENARIO && diagnostics))
		spk_print_error(&err);
	free(diagnostics);
	if (rc == 0)
		return SPK_EXIT_DONE;
	return rc == SPK_E_NOMEM ? SPK_EXIT_FAILED : SPK_EXIT_USAGE;
}

int spk_load(const char *path, const struct spk_overrides *overrides, struct spk_scenario **ret_scenario)
{
	return load_with(spk_scenario_load, path, overrides, ret_scenario);
}

int spk_load_plan(const char *path, const struct spk_overrides *overrides, struct spk_scenario **ret_scenario)
{
	return load_with(spk_scenario_load_plan, path, overrides, ret_scenario);
}
