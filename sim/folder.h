/** Folders of files that were renamed. */
#ifndef SPK_SIM_FOLDER_H
#define SPK_SIM_FOLDER_H

/** Bring the names in the folder of `path` to the disk. A file system that cannot do so loses nothing by it.
 */
void spk_folder_sync(const char *path);

#endif
