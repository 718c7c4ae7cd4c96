/** The lattice of cells, the windows in which partitions do not talk. */
#ifndef SPK_SIM_LATTICE_H
#define SPK_SIM_LATTICE_H

#include <stdint.h>

/** Borders lie k * cell_ms after the epoch, which is exact: cell_ms has few significant bits. */
struct spk_lattice {
	double cell_ms;
	double cells_per_ms; /**< about 1 / cell_ms */
	uint64_t epoch_cell; /**< number of the cell that starts at the epoch */
};

static inline struct spk_lattice spk_lattice_of(double cell_ms)
{
	return (struct spk_lattice){.cell_ms = cell_ms, .cells_per_ms = 1 / cell_ms};
}

/** Number of the cell that t >= 0 lies in. */
static inline uint64_t spk_lattice_cell(const struct spk_lattice *lattice, double t)
{
	int64_t k = (int64_t)(t * lattice->cells_per_ms);

	while (k > 0 && t < (double)k * lattice->cell_ms)
		k--;
	while (t >= (double)(k + 1) * lattice->cell_ms)
		k++;
	return lattice->epoch_cell + (uint64_t)k;
}

#endif
