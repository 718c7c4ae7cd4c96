/** The scenario's timetable: piecewise-constant rates and currents, applied when their time comes. */
#ifndef SPK_SIM_SCHEDULE_H
#define SPK_SIM_SCHEDULE_H

#include "sim/engine.h"

enum spk_change_kind { SPK_CHANGE_INPUT_RATE, SPK_CHANGE_CURRENT, SPK_CHANGE_SOURCE_RATE };

struct spk_change {
	double elapsed; /**< ms since the start */
	enum spk_change_kind kind;
	size_t index; /**< of the input or the population */
	double value; /**< Hz or pA */
};

/** Current (pA) that comes on top of that of the inputs. */
typedef double spk_added_current(const void *user, size_t population, uint64_t neuron);

struct spk_timetable {
	size_t n, next;
	struct spk_change *changes; /**< by time, then kind, then index */
	double *currents;           /**< [n_inputs] pA now, of the current inputs */
	spk_added_current *added; /**< asked for whenever a neuron's current is set; NULL: nothing is added */
	const void *user;         /**< for it */
};

int spk_timetable_create(
	const struct spk_scenario *scenario, struct spk_timetable *ret_table, struct spk_error *err);
void spk_timetable_clear(struct spk_timetable *table);
/** Time of the next change, ms since the start; INFINITY: none. */
double spk_timetable_next(const struct spk_timetable *table);
/** Apply all changes due now. */
void spk_timetable_apply(struct spk_timetable *table, struct spk_engine *engine);
/** Set the currents of all neurons of a population anew: what is added to them has changed. */
void spk_timetable_set_currents(
	const struct spk_timetable *table, struct spk_engine *engine, size_t population);
/** Run the engine up to `elapsed` ms since the start, with the changes on the way. */
int spk_timetable_run(
	struct spk_timetable *table, struct spk_engine *engine, double elapsed, struct spk_error *err);

#endif
