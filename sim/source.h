/** Sources and Poisson inputs of a partition: what makes spikes or events without being driven. */
#ifndef SPK_SIM_SOURCE_H
#define SPK_SIM_SOURCE_H

#include "sim/partition.h"

/** Emit all spikes of the member's sources in [a, b). `epoch` is the absolute time of the epoch, ms. */
int spk_source_run(struct spk_member *m, double a, double b, double epoch);
/** Set the drive of source neuron k from time t on, and draw its next spike anew. */
void spk_source_set_drive(struct spk_member *m, size_t k, double t, double drive);
/** Set the parameter `rate` of all neurons (Hz) from time t on. */
void spk_source_set_rate(struct spk_member *m, double t, double rate_hz);
void spk_source_rebase(struct spk_member *m, double shift);

/** Append the events of a stream before b to `events`, unsorted. Errors: SPK_E_NOMEM. */
int spk_stream_run(struct spk_input_stream *s, double b, struct spk_bin *events);
/** New rate (Hz) for all neurons from time t on. */
void spk_stream_set_rate(struct spk_input_stream *s, double t, double rate_hz);
void spk_stream_rebase(struct spk_input_stream *s, double shift);
/** First event of each process after the start. */
void spk_stream_start(struct spk_input_stream *s, double t);

#endif
