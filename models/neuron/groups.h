/** The fast groups that neuron models bring. */
#ifndef SPK_MODELS_NEURON_GROUPS_H
#define SPK_MODELS_NEURON_GROUPS_H

#include <spikem/group.h>

extern const struct spk_group_type spk_group_alpha;
extern const struct spk_group_type spk_group_delta;
extern const struct spk_group_type spk_group_escape;
extern const struct spk_group_type spk_group_exp;

#endif
