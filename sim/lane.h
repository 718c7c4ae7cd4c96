/**
 * A lane: one replica of the network, which presents items one after the other, and what is known of the item
 * at work. A rank has some of the lanes; of the others rank 0 knows what sim/lane_gather.h brings, the others
 * nothing.
 *
 * A phase sets what sources show, the currents, the gates and what is silent, and lets the time pass. At the
 * end of the phase marked `readout` the readout of the objective's population is taken: J, the gradient that
 * nudges and errors of the following phases are proportional to, and the action that rewards are about.
 */
#ifndef SPK_SIM_LANE_H
#define SPK_SIM_LANE_H

#include <spikem/scenario.h>
#include <spikem/status.h>

#include "sim/engine.h"
#include "sim/schedule.h"

struct spk_lane_readout;
struct spk_protocol_run;
struct spk_sim;

/** A presentation. */
struct spk_presented {
	uint64_t number; /**< among all of the run, from 0 */
	size_t stage;
	uint64_t epoch, item;
	double start; /**< ms since the start of the run */
};

struct spk_lane {
	const struct spk_protocol_run *run;
	const struct spk_scenario *scenario;
	unsigned number;
	struct spk_engine *engine; /**< of this rank's first lane that of the simulation, else own_engine;
				      NULL: the lane of another rank */
	struct spk_timetable *timetable; /**< likewise */
	struct spk_engine own_engine;
	struct spk_timetable own_timetable;
	uint64_t n_spikes;      /**< of an own engine */
	struct spk_error error; /**< of the last presentation */
	double elapsed;         /**< ms since the start, when the phase at work began */
	size_t phase;           /**< at work */
	int is_counting;        /**< the window of a readout from spikes has begun */
	int resumes;            /**< what begins presentation and phase is done: a checkpoint was read */
	struct spk_presented now;
	double *readout;   /**< [n_out] of the last readout */
	double *direction; /**< [n_out] dJ/dreadout there */
	uint64_t *counts;  /**< [n_out] spikes when the window of the readout began */
	int has_readout;   /**< of the present item */
	double J;
	size_t predicted;                  /**< unit with the largest readout */
	size_t action;                     /**< unit that was chosen */
	double reward, expected;           /**< of the action */
	uint32_t *shown;                   /**< [n_populations] what is shown, by a code; 0: nothing */
	unsigned char *visible;            /**< [n_pixels] scratch */
	struct spk_lane_readout *readouts; /**< [n_readouts] of the protocol */
	/* the gradient of J, see sim/gradient.h */
	double *last;            /**< [n_rules * n_synapses] weights as the presentation began */
	double *rates;           /**< [size of the source population] Hz, of the presentation */
	uint64_t *source_counts; /**< [same] spikes when the presentation began */
	double *mean_u;          /**< [n_out] u in the rate limit */
	double *mean_direction;  /**< [n_out] dJ/du there */
	double *terms;     /**< [(1 + n_rules) * n_synapses] gradient, then the changes of each rule, of the
			      presentation */
	double **compared; /**< [n_comparisons] weights as the presentation began, see sim/comparison.h */
	double **ended;    /**< [n_comparisons] and as it ended; NULL: the lane's engine has them */
};

/** `lane` stays where it is until spk_lane_clear, which must be called after a failure too. */
int spk_lane_init(const struct spk_protocol_run *run, struct spk_sim *sim, unsigned number,
	struct spk_lane *lane, struct spk_error *err);
void spk_lane_clear(struct spk_lane *lane);
/** Present lane->now; all but `start` of it is given. Gates are closed at the end. Lanes share nothing that
 * they change, so that threads can present side by side. */
int spk_lane_present(struct spk_lane *lane, struct spk_error *err);

/** Set what the sources show in a phase from now on. `fresh`: a presentation begins. Errors: SPK_E_NOMEM. */
int spk_lane_show(struct spk_lane *lane, const struct spk_phase *phase, int fresh, struct spk_error *err);
/** Choose the action at the readout just taken; its reward and what was expected. */
void spk_lane_act(struct spk_lane *lane);

#endif
