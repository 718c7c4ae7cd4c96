#!/bin/bash
# The program built where there is no MPI.
. "$(dirname "$0")/../tap.sh"
. tests/same_bytes.sh

same_bytes_write "$SPK_TEST_DIR"
run run -q "$SPK_TEST_DIR/chain.yaml" -o "$SPK_TEST_DIR/with.h5"
SPIKEM=build/no_mpi/spikem
ok 'knows no MPI' lacks "$(ldd "$SPIKEM")" libmpi
run run -q "$SPK_TEST_DIR/chain.yaml" -t 2 -o "$SPK_TEST_DIR/without.h5"
ok 'runs' [ "$code" -eq 0 ]
run compare "$SPK_TEST_DIR/with.h5" "$SPK_TEST_DIR/without.h5"
ok 'the same bytes' [ "$code" -eq 0 ]
OMPI_COMM_WORLD_SIZE=2 run run -q "$SPK_TEST_DIR/chain.yaml" -o "$SPK_TEST_DIR/two.h5"
ok 'as one of two ranks: refused' [ "$code" -eq 1 ]
ok 'as one of two ranks: says why' contains "$err" 'built without MPI'
ok 'as one of two ranks: writes nothing' [ ! -e "$SPK_TEST_DIR/two.h5" ]
OMPI_COMM_WORLD_SIZE=1 run run -q "$SPK_TEST_DIR/chain.yaml" -o "$SPK_TEST_DIR/one.h5"
ok 'as the only rank: runs' [ "$code" -eq 0 ]
finish
