#!/bin/bash
# What learning does not read: the weights of the way back. With other feedback weights, and the same spikes because feedback is
# silent, encoders and decoders change by the same bits.
. "$(dirname "$0")/../tap.sh"

scenarios=$PWD/scenarios
cd "$SPK_TEST_DIR" || exit 1
silent='[e1_on, e1_off, e2_on, e2_off, teach_on, teach_off, teach2_on, teach2_off]'
learn() { # OUT OPTION...: 30 digits; feedback is silent while codes settle and infer
	"$SPIKEM" run -q -o "$1" --set 'data.digits.splits={train: 0-29, test: 1297-1297}' --set 'protocol.stages[0].epochs=1' \
		--set "protocol.phases[0].silent=$silent" --set "protocol.phases[1].silent=$silent" \
		--set 'protocol.phases[2].silent=[e1_on, e1_off, e2_on, e2_off]' "${@:2}" "$scenarios/digits_spikes.yaml"
}
learn as_is.h5
learn other.h5 --set 'projections[8].weight={normal: {mean: 1 mV, sd: 30 mV}}' --set 'projections[20].weight=-50 mV'
learn heard.h5 --set 'projections[8].weight={normal: {mean: 1 mV, sd: 30 mV}}' --set 'protocol.phases[1].silent=[e2_on, e2_off]'
/usr/bin/python3 - >check.out 2>&1 <<'END'
import h5py
def change(path, name):
    snapshots = h5py.File(path, "r")["/weights/%s/snapshots" % name]
    return snapshots["000000"][:], snapshots["000001"][:]
for name in ("f1", "f1_bias", "g1", "g1_bias", "f2", "f2_bias", "g2", "g2_bias"):
    (start, end), (_, other), (_, heard) = [change(path, name) for path in ("as_is.h5", "other.h5", "heard.h5")]
    print(name, "learns", (start != end).any())
    print(name, "local", (end == other).all())
    print(name, "heard", (end != heard).any())
print("feedback differs", (change("as_is.h5", "e1_on")[0] != change("other.h5", "e1_on")[0]).all())
END
out=$(<check.out)
for name in f1 f1_bias g1 g1_bias f2 f2_bias g2 g2_bias; do
	ok "$name learns" contains "$out" "$name learns True"
	ok "$name: the same bits with other feedback weights" contains "$out" "$name local True"
done
ok 'feedback weights were others' contains "$out" 'feedback differs True'
ok 'where feedback is heard, f1 learns something else' contains "$out" 'f1 heard True'
finish
