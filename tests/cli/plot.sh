#!/bin/bash
# plot: what it says when something is missing, and that its script is found and its exit code handed on.
. "$(dirname "$0")/../tap.sh"

run plot
ok 'no file: exit code 2' [ "$code" -eq 2 ]

export SPIKEM_PYTHON=$SPK_TEST_DIR/python
printf '#!/bin/sh\nexit 1\n' >"$SPIKEM_PYTHON"
chmod +x "$SPIKEM_PYTHON"
run plot a.h5
ok 'no matplotlib: exit code 1' [ "$code" -eq 1 ]
ok 'no matplotlib: how to install it' contains "$err" 'apt-get install python3-matplotlib python3-h5py'

SPIKEM_PYTHON=$SPK_TEST_DIR/no-python
run plot a.h5
ok 'no Python: exit code 1' [ "$code" -eq 1 ]

SPIKEM_PYTHON=$SPK_TEST_DIR/python
# shellcheck disable=SC2016 # for the stand-in
printf '#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "$@"\nexit 7\n' >"$SPIKEM_PYTHON"
run plot a.h5 -o 'a folder' raster
ok 'the script gets folder, file and kinds' contains "$out" 'tools/plot/spikem_plot.py -o a folder a.h5 raster'
ok 'the script exists' [ -f "${out%% -o*}" ]
ok 'a failing script: exit code 1' [ "$code" -eq 1 ]
finish
