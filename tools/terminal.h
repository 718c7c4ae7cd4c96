/**
 * What the program shows to people: numbers in few letters, coloured diagnostics, the progress bar.
 *
 * Colour and the bar appear only on a terminal; NO_COLOR and TERM=dumb are respected.
 */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdio.h>

enum { SPK_TERM_TEXT = 32 }; /**< room for one number as text */

/** "1.23 M", "17" (counts). @return text */
const char *spk_term_count(char text[SPK_TERM_TEXT], double count);
/** "350 ms", "1.25 s", "2 min 05 s" from seconds. @return text */
const char *spk_term_duration(char text[SPK_TERM_TEXT], double seconds);
/** "4.1 MiB" from bytes. @return text */
const char *spk_term_bytes(char text[SPK_TERM_TEXT], double bytes);

/** A number in as few digits as give the same number; "nan", "inf". @return text */
const char *spk_term_exact(char text[SPK_TERM_TEXT], double value);

/** Print the text of spk_scenario_load's diagnostics; NULL: nothing. */
void spk_term_diagnostics(FILE *out, const char *text);

/** A progress bar on stderr; plain data. */
struct spk_bar {
	int shown;         /**< the bar is wanted */
	double start_s;    /**< wall clock at the first update */
	double start_part; /**< part that was done then */
	double last_s;     /**< wall clock of the last drawing */
	int started;
};

/** Seconds of a clock that only runs forward. */
double spk_term_clock(void);
void spk_bar_init(struct spk_bar *bar, int quiet);
/** Whether it is time to draw again: at most ten times a second, and only where the bar is wanted. */
int spk_bar_is_due(struct spk_bar *bar, double part);
/** Draw. @param part  of the work that is done, 0 to 1 @param note  shown behind the bar where there is room
 */
void spk_bar_draw(struct spk_bar *bar, double part, const char *note);
/** Remove the bar from the screen. */
void spk_bar_end(struct spk_bar *bar);

#endif
