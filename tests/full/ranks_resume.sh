#!/bin/bash
# Runs that were ended in the middle go on with all pairs of ranks and threads, before and after, to the bytes of a
# run in one go. Each pair of ranks sees both signals.
. "$(dirname "$0")/../tap.sh"
. tests/same_bytes.sh

same_bytes_write "$SPK_TEST_DIR"
for name in ${SPK_FULL_SCENARIOS:-$resume_names}; do
	scenario=$SPK_TEST_DIR/$name.yaml
	reference=$SPK_TEST_DIR/$name.h5
	run run -q -t 1 "$scenario" -o "$reference"
	ok "$name: reference" [ "$code" -eq 0 ]
	for before in 1 2 3; do
		for after in 1 2 3; do
			resume_check "$name" "$scenario" "$reference" KILL 1 "$before" 1 "$after"
			resume_check "$name" "$scenario" "$reference" TERM 1 "$before" 2 "$after"
			resume_check "$name" "$scenario" "$reference" TERM 2 "$before" 1 "$after"
			resume_check "$name" "$scenario" "$reference" KILL 2 "$before" 2 "$after"
		done
	done
done
finish
