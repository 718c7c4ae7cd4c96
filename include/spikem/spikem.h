/** libspikem: everything. */
#ifndef SPIKEM_SPIKEM_H
#define SPIKEM_SPIKEM_H

#include <spikem/claim.h>
#include <spikem/dataset.h>
#include <spikem/field.h>
#include <spikem/file.h>
#include <spikem/measure.h>
#include <spikem/model.h>
#include <spikem/rng.h>
#include <spikem/scenario.h>
#include <spikem/sim.h>
#include <spikem/status.h>
#include <spikem/version.h>

#endif
