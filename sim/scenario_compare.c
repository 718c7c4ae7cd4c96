#include "sim/scenario_compare.h"

#include <string.h>

int spk_scenario_compare(const char *theirs, const char *ours, struct spk_error *err)
{
	size_t start = 0, k = 0;

	while (theirs[k] != '\0' && theirs[k] == ours[k])
		if (theirs[k++] == '\n')
			start = k;
	if (theirs[k] == ours[k])
		return SPK_OK;
	theirs += start + strspn(theirs + start, " ");
	ours += start + strspn(ours + start, " ");
	return spk_fail(err, SPK_E_FORMAT, "it comes from another scenario: there `%.*s`, here `%.*s`",
		(int)strcspn(theirs, "\n"), theirs, (int)strcspn(ours, "\n"), ours);
}
