/** Python scripts of Spikem, which lie beside the program: in the source tree or installed. */
#ifndef TOOLS_PYTHON_H
#define TOOLS_PYTHON_H

#include <spikem/status.h>

enum { SPK_PYTHON_PATH = 4096, SPK_PYTHON_NOT_STARTED = 127 };

/** $SPIKEM_PYTHON, else /usr/bin/python3, else the python3 of PATH. */
const char *spk_python_find(void);
/** Path of a script of tools/plot. */
int spk_python_script(const char *name, char path[SPK_PYTHON_PATH], struct spk_error *err);
/** Run words[0] with the others. @return its exit code, SPK_PYTHON_NOT_STARTED, or 128 + n for a signal */
int spk_python_run(const char *const *words);

#endif
