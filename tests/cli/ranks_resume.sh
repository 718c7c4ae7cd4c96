#!/bin/bash
# Checkpoints of several ranks: a run that was ended in the middle goes on with any other number of ranks and
# threads, and gives the bytes of a run in one go (tests/full/ranks_resume.sh has all pairs).
. "$(dirname "$0")/../tap.sh"
. tests/same_bytes.sh

same_bytes_need_ranks
same_bytes_write "$SPK_TEST_DIR"
check() { # name, then groups of: signal, threads and ranks before, threads and ranks after
	local name=$1
	shift
	"$SPIKEM" run -q "$SPK_TEST_DIR/$name.yaml" -o "$SPK_TEST_DIR/$name.h5"
	while [ $# -gt 0 ]; do
		resume_check "$name" "$SPK_TEST_DIR/$name.yaml" "$SPK_TEST_DIR/$name.h5" "${@:1:5}"
		shift 5
	done
}
check brunel_stdp KILL 1 2 2 1  TERM 1 1 1 3
check learning KILL 2 1 1 2  TERM 1 3 1 1
check lanes KILL 1 2 1 3  TERM 2 3 1 2  KILL 1 1 2 2
check everything TERM 1 2 1 3  KILL 1 3 2 1
check chain TERM 1 3 1 2
check copies KILL 1 2 1 3

# ---- How it ends
whole=$SPK_TEST_DIR/brunel_stdp.h5
scenario=$SPK_TEST_DIR/brunel_stdp.yaml
part=$SPK_TEST_DIR/part.h5
state=$part.checkpoint
resume_interrupt TERM "$scenario" "$part" 1 3
ok 'SIGTERM to one rank: exit code 75' contains "$err" 'Exit code:    75'
ok 'SIGTERM to one rank: said once, with the way on' [ "$(grep -c -- '--resume goes on from there' <<<"$err")" -eq 1 ]
ok 'SIGTERM to one rank: data so far' is "$part" 'f.attrs["complete"] == 0'
cp "$state" "$SPK_TEST_DIR/kept"
cp "$part" "$SPK_TEST_DIR/kept.h5"

refuse() { # $1: what, $2: part of the message, then options
	local what=$1 message=$2
	shift 2
	on_ranks 3 "$SPIKEM" run -q "$scenario" -o "$part" --resume "$@"
	ok "$what: exit code 1" [ "$code" -eq 1 ]
	ok "$what: says why, once" [ "$(grep -c "$message" <<<"$err")" -eq 1 ]
	ok "$what: no file left over" [ ! -e "$part.resumed" ]
	ok "$what: the result file is as it was" cmp -s "$part" "$SPK_TEST_DIR/kept.h5"
}
# shellcheck disable=SC2016 # the message quotes so
refuse 'another seed' 'another scenario: there `seed: 1`, here `seed: 2`' --seed 2
truncate -s -1 "$state"
refuse 'a byte short' 'it ends early'
printf 'spikem: 1' >"$state"
refuse 'something else' 'no checkpoint of a simulation'

# The disk is full at rank 0: a file there can have no more than this many kB, which holds the result file but not the
# checkpoint; Open MPI makes no file of its own. (sh may count in other units.)
same_bytes_wire=self,tcp
whole=$SPK_TEST_DIR/lanes.h5
scenario=$SPK_TEST_DIR/lanes.yaml
resume_interrupt KILL "$scenario" "$part" 1 3 # right after its first checkpoint, so that most of the run is left
cp "$state" "$SPK_TEST_DIR/kept"
# shellcheck disable=SC2016 # the inner shell expands
limited='if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then trap "" XFSZ; ulimit -f 5000; fi; exec "$@"'
on_ranks 3 bash -c "$limited" bash "$SPIKEM" run -q "$scenario" -o "$part" --resume --checkpoint-every '1 ms'
ok 'no room for a checkpoint: the result file has room' [ "$(stat -c %s "$whole")" -lt 5000000 ]
ok 'no room for a checkpoint: exit code 1' [ "$code" -eq 1 ]
ok 'no room for a checkpoint: said once' [ "$(grep -c 'cannot write the checkpoint' <<<"$err")" -eq 1 ]
ok 'no room for a checkpoint: the one before is as it was' cmp -s "$state" "$SPK_TEST_DIR/kept"
ok 'no room for a checkpoint: nothing is left over' [ ! -e "$state.part" ]
on_ranks 2 "$SPIKEM" run -q "$scenario" -o "$part" --resume
run compare "$whole" "$part"
ok 'no room for a checkpoint: it goes on from the one before' [ "$code" -eq 0 ]

# SIGUSR1 writes one, and the run goes on
whole=$SPK_TEST_DIR/brunel_stdp.h5
scenario=$SPK_TEST_DIR/brunel_stdp.yaml
same_bytes_wire=self,vader
rm -f "$part" "$state"
on_ranks 2 "$SPIKEM" run -q "$scenario" -o "$part" &
background=$!
for _ in {1..300}; do
	[ -e "$part" ] && break
	sleep 0.05
done
resume_processes "$background"
kill -USR1 "${processes[1]}"
wait "$background"
ok 'SIGUSR1 to one rank: a checkpoint' [ -s "$state" ]
run compare "$whole" "$part"
ok 'SIGUSR1 to one rank: the run goes on' [ "$code" -eq 0 ]
rm -f "$state"
on_ranks 2 "$SPIKEM" run -q "$scenario" -o "$part" --resume
run compare "$whole" "$part"
ok 'no checkpoint: from the start' [ "$code" -eq 0 ]
finish
