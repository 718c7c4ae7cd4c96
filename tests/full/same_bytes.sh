#!/bin/bash
# One scenario and one seed give the same spikes, states, weights and J, bit for bit, from all builds, for all
# numbers of threads and ranks. The reference is the release build with one thread, by itself.
. "$(dirname "$0")/../tap.sh"
. tests/same_bytes.sh

same_bytes_write "$SPK_TEST_DIR"
for name in ${SPK_FULL_SCENARIOS:-$same_bytes_names}; do
	scenario=$SPK_TEST_DIR/$name.yaml
	reference=$SPK_TEST_DIR/$name.h5
	run run -q -t 1 "$scenario" -o "$reference"
	ok "$name: reference" [ "$code" -eq 0 ]
	for variant in ${SPK_FULL_VARIANTS:-release}; do
		for ranks in 1 2 3 4; do
			for threads in 1 2 3 4; do
				same_bytes_check "build/$variant/spikem" "$variant, $name" "$scenario" "$reference" \
					"$threads" "$ranks"
			done
		done
	done
done
finish
