#!/bin/bash
# list, describe and cite know every model, and agree.
. "$(dirname "$0")/../tap.sh"

run list --names
names=$out
ok 'list --names: exit code 0' [ "$code" -eq 0 ]
for name in lif_delta lif_exp lif_alpha lif_escape poisson regular spike_list latency stdp_pair stdp_triplet eq1 softplus; do
	ok "$name is listed" grep -qx "$name" <<<"$names"
done
ok 'names are unique' [ -z "$(sort <<<"$names" | uniq -d)" ]

run list
ok 'list shows as many models as names' [ "$(grep -c '^  [a-z]' <<<"$out")" -eq "$(wc -l <<<"$names")" ]
ok 'every model has a summary' [ "$(grep -cE '^  [a-z_0-9]+ *$' <<<"$out")" -eq 0 ]

parts=
for kind in neurons sources plasticity units measurements; do
	run list --names "$kind"
	ok "list $kind is not empty" [ -n "$out" ]
	ok "the man page has list $kind" grep -q "^.It Nm Ic list.* $kind" tools/doc/spikem.1
	ok "completion has list $kind" grep -q "list).*$kind" tools/completion/spikem.bash
	parts+=$out$'\n'
done
ok 'the kinds together are all' [ "$(sort <<<"${parts%$'\n'}")" = "$(sort <<<"$names")" ]

for name in $names; do
	run describe "$name"
	ok "describe $name: exit code 0" [ "$code" -eq 0 ]
	ok "describe $name: begins with its name" [ "${out%%:*}" = "$name" ]
	ok "describe $name: all references are in the table" lacks "$out" 'not in the table'
	described=$(sed -n '/^References/,$p' <<<"$out" | tail -n +2)
	run cite "$name"
	ok "cite $name: the same references" [ "$out" = "${described:-Nothing used here has a reference.}" ]
done

for name in $("$SPIKEM" list --names neurons) $("$SPIKEM" list --names plasticity); do
	run cite "$name"
	ok "$name has a reference" grep -q '^  \[' <<<"$out"
done

run describe lif_delta
ok 'a parameter with default, unit and range' grep -qE '^  tau_m = [0-9.]+ ms; > 0' <<<"$out"
ok 'states' contains "$out" $'\nStates'
run describe stdp_pair
ok 'what a rule needs' contains "$out" "the target's spike times"

run describe share
ok 'inputs of a measurement' contains "$out" $'\nInputs'
ok 'and which may be left out' contains "$out" 'than (may be left out)'

run cite
ok 'cite alone prints every reference' [ "$(grep -c '^  \[' <<<"$out")" -eq "$(grep -c '^REF(' models/refs.def)" ]
finish
