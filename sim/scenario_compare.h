/** Does a checkpoint come from this scenario? */
#ifndef SPK_SIM_SCENARIO_COMPARE_H
#define SPK_SIM_SCENARIO_COMPARE_H

#include <spikem/status.h>

/**
 * Two scenarios as YAML: the first line that differs says best in what way one is another. Errors:
 * SPK_E_FORMAT.
 */
int spk_scenario_compare(const char *theirs, const char *ours, struct spk_error *err);

#endif
