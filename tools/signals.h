/** Signals that ask a run to end, or to write a checkpoint. */
#ifndef TOOLS_SIGNALS_H
#define TOOLS_SIGNALS_H

/**
 * From now on SIGINT, SIGTERM and SIGUSR1 are noted instead of killing. A second SIGINT or SIGTERM finds the
 * default action again and kills.
 */
void spk_signals_catch(void);
/** SIGINT came. */
int spk_signals_interrupt(void);
/** SIGTERM came. */
int spk_signals_terminate(void);
/** SIGUSR1 came since this was asked last. */
int spk_signals_take_save(void);

#endif
