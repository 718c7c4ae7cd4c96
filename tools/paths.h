/** Names and folders of what commands write. */
#ifndef TOOLS_PATHS_H
#define TOOLS_PATHS_H

/** The name of a file without folder and extension, malloc'ed; NULL when out of memory. */
char *spk_name_of(const char *path);
/** Make a folder and those above it. @return 0, or SPK_EXIT_FAILED with the reason printed */
int spk_make_folders(const char *path);

#endif
