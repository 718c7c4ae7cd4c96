/* In place of ranks_mpi.c in a build without MPI: there is no wire. */
#include "sim/ranks_wire.h"

int spk_wire_open(struct spk_wire **ret_wire, struct spk_error *err)
{
	(void)ret_wire;
	return spk_fail(err, SPK_E_INVALID,
		"this process is one of several ranks, but the program was built without MPI");
}
