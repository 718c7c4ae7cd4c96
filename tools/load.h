/** Reading a scenario for a subcommand: diagnostics are printed, the exit code is ready. */
#ifndef TOOLS_LOAD_H
#define TOOLS_LOAD_H

#include <spikem/scenario.h>

enum { SPK_MAX_OVERRIDES = 64 };

/** Overrides in the order given; plain data that borrows the words of the command line. */
struct spk_overrides {
	size_t n;
	struct spk_override items[SPK_MAX_OVERRIDES];
};

/** Add "path=value". @return 0, or -1 when there are too many */
int spk_overrides_add(struct spk_overrides *overrides, const char *text);

/**
 * Load a scenario, printing what is wrong with it and its warnings to stderr.
 * @return SPK_EXIT_DONE and *ret_scenario (free with spk_scenario_free), or another exit code
 */
int spk_load(const char *path, const struct spk_overrides *overrides, struct spk_scenario **ret_scenario);
/** The same with spk_scenario_load_plan. */
int spk_load_plan(
	const char *path, const struct spk_overrides *overrides, struct spk_scenario **ret_scenario);

#endif
