#!/bin/bash
# plot: what it says when something is missing, and that its script is found and its exit code handed on.
. "$(dirname "$0")/../tap.sh"

run plot
ok 'no file: exit code 2' [ "$code" -eq 2 ]

export SPIKEM_PYTHON=$SPK_TEST_DIR/python
printf '#!/bin/sh\nexec /usr/bin/python3 -S -E "$@"\n' >"$SPIKEM_PYTHON" # without the system's packages
chmod +x "$SPIKEM_PYTHON"
run plot a.h5
ok 'no matplotlib: exit code 1' [ "$code" -eq 1 ]
ok 'no matplotlib: how to install it' contains "$err" 'sudo apt-get install python3-'

SPIKEM_PYTHON=$SPK_TEST_DIR/no-python
run plot a.h5
ok 'no Python: exit code 1' [ "$code" -eq 1 ]
ok 'no Python: how to install it' contains "$err" 'sudo apt-get install python3-matplotlib python3-h5py'

SPIKEM_PYTHON=$SPK_TEST_DIR/python
# shellcheck disable=SC2016 # for the stand-in
printf '#!/bin/sh\necho "$@"\nexit 7\n' >"$SPIKEM_PYTHON"
run plot a.h5 -o 'a folder' raster
ok 'the script gets folder, file and kinds' contains "$out" 'tools/plot/spikem_plot.py -o a folder a.h5 raster'
ok 'the script exists' [ -f "${out%% -o*}" ]
ok 'a failing script: exit code 1' [ "$code" -eq 1 ]

unset SPIKEM_PYTHON
run plot no-such.h5
ok 'missing file: exit code 1' [ "$code" -eq 1 ]
ok 'missing file: named' contains "$err" 'no-such.h5'
run plot no-such.h5 rasta
ok 'unknown kind: exit code 2' [ "$code" -eq 2 ]
ok 'unknown kind: all kinds' contains "$err" 'raster'
finish
