/** Other programs, run without a shell, that end when this one is interrupted. */
#ifndef TOOLS_CHILD_H
#define TOOLS_CHILD_H

enum { SPK_CHILD_MAX_WORDS = 16, SPK_CHILD_NOT_STARTED = 127 };

/** Whether a program of this name is on PATH. */
int spk_child_exists(const char *name);

/** From now on SIGINT and SIGTERM end the child that runs, and are remembered instead of ending the program.
 */
void spk_child_catch_signals(void);
/** Whether one came. */
int spk_child_interrupted(void);

/**
 * Run a program to its end with an empty standard input.
 * @param words   its name, looked up on PATH, and arguments; ends with NULL
 * @param folder  its working folder
 * @param log     what it prints is appended to this file
 * @return its exit code, SPK_CHILD_NOT_STARTED, or 128 + n for signal n
 */
int spk_child_run(const char *const *words, const char *folder, const char *log);

#endif
