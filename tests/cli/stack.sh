#!/bin/bash
# run and check with stacks: report, checkpoint, resuming, interruption, wrong use.
# shellcheck disable=SC2016 # backticks of messages
. "$(dirname "$0")/../tap.sh"

folder=$(realpath scenarios/data)
small=$SPK_TEST_DIR/small.yaml
cat >"$small" <<END
spikem: 1
title: A small stack
seed: 3
data:
  digits:
    file: $folder/digits.csv.gz
    shape: [8, 8]
    range: [0, 16]
    labels: 10
    splits: {train: 0-199, validate: 200-249, test: 250-299}
stack:
  data: digits
  layers:
    - {name: x, unit: sigmoid, corruption: 0.1}
    - {name: h1, size: 20, unit: softplus, gain: 0.5}
    - {name: h2, size: 8, unit: sigmoid, draws: 3}
  training: {split: train, epochs: 4, minibatch: 20}
  evaluate:
    ascent: {split: test, steps: 5}
    likelihood:
      {split: test, choose_on: validate, samples: 100, widths: [0.2, 0.3], samplers: [{name: ancestral, model: ancestral}]}
    inpainting: {split: test, rounds: 2, masks: [left]}
END

run check "$small"
ok 'check: exit code 0' [ "$code" -eq 0 ]
ok 'check: layers and weights' contains "$out" 'stack 64-20-8 (2.88 k weights), 4 epochs of `train` of `digits`'

adam=$SPK_TEST_DIR/adam.yaml
sed 's/minibatch: 20/minibatch: 20, optimiser: adam/' "$small" >"$adam"
printf 'claim: {statement: so, source: here, measure: mean, of: {values: /x}, expect: {at_least: 0}}\n' >>"$adam"
run cite "$adam"
for word in 'Bengio Y, Lee' 'Saxe AM' 'Kingma DP' 'Dugas C' 'Breuleux O' 'Theis L' 'Student (1908)'; do
	ok "cite: $word" contains "$out" "$word"
done
run cite "$small"
ok 'cite: Adam only where it is used' lacks "$out" 'Kingma DP'

a=$SPK_TEST_DIR/a.h5
run run "$small" -o "$a"
ok 'a run: exit code 0' [ "$code" -eq 0 ]
ok 'a run: silent on standard error when that is no terminal' [ -z "$err" ]
for word in 'A small stack' training 'ascent of J' ancestral in-painting "$a"; do
	ok "a run: the table has '$word'" contains "$out" "$word"
done
ok 'a run: complete' is "$a" 'f.attrs["complete"] == 1'
ok 'a run: the table is in the file' is "$a" 'b"ancestral" in f["/report"][()]'
ok 'a run: epochs 0 to 4' is "$a" 'list(f["/stack/training/epoch"]) == [0, 1, 2, 3, 4]'
ok 'a run: losses of each map' is "$a" \
	'all(k in f["/stack/training"] for k in ["encoder_loss_h1", "encoder_loss_h2", "decoder_loss_x", "decoder_loss_h1"])'
ok 'a run: weights' is "$a" 'f["/stack/weights/f1/weight"].shape == (20, 64) and f["/stack/weights/g2/bias"].shape == (20,)'
ok 'a run: a checkpoint beside the result' [ -f "$a.checkpoint" ]

run run -q "$small" -t 2 -o "$SPK_TEST_DIR/b.h5"
ok '-q: says nothing' [ "$code$out$err" = 0 ]
run compare "$a" "$SPK_TEST_DIR/b.h5"
ok 'two threads: equal' [ "$code" -eq 0 ]

c=$SPK_TEST_DIR/c.h5
run run -q "$small" --set stack.training.epochs=2 --checkpoint "$SPK_TEST_DIR/half" -o "$c"
ok '--checkpoint: there' [ -f "$SPK_TEST_DIR/half" ]
ok '--checkpoint: not at the default place' [ ! -e "$c.checkpoint" ]
run run "$small" --resume --checkpoint "$SPK_TEST_DIR/half" --set title='A small stack' -o "$c"
ok '--resume: exit code 0' [ "$code" -eq 0 ]
ok '--resume: says so' contains "$out" 'after epoch 2'
run compare "$a" "$c"
ok '--resume: equal to a run without a break' [ "$code" -eq 0 ]
run run -q "$small" --resume --checkpoint "$SPK_TEST_DIR/half" --seed 4 -o "$c"
ok 'checkpoint of another scenario: exit code 1' [ "$code" -eq 1 ]
ok 'checkpoint of another scenario: the reason' contains "$err" 'there `seed: 3`, here `seed: 4`'

run run -q "$small" --partitions 2 -o "$c"
ok '--partitions with a stack: exit code 2' [ "$code" -eq 2 ]
run run -q "$small" -o "$c" --checkpoint "$c"
ok 'a checkpoint in place of the result file: exit code 2' [ "$code" -eq 2 ]
run run -q "$small" -o "$c" --checkpoint-every '1 min'
ok '--checkpoint-every of a stack: exit code 2' [ "$code" -eq 2 ]
ok '--checkpoint-every of a stack: says why' contains "$err" 'no meaning for a stack'

for signal in INT TERM; do
	file=$SPK_TEST_DIR/$signal.h5
	"$SPIKEM" run "$small" --set stack.training.epochs=1000000 -o "$file" 2>"$SPK_TEST_DIR/.err" >"$SPK_TEST_DIR/.out" &
	pid=$!
	for _ in {1..100}; do # until there is a checkpoint
		[ -f "$file.checkpoint" ] && break
		sleep 0.1
	done
	kill -"$signal" "$pid"
	wait "$pid"
	code=$?
	err=$(<"$SPK_TEST_DIR/.err")
	out=$(<"$SPK_TEST_DIR/.out")
	ok "SIG$signal: exit code 1" [ "$code" -eq 1 ]
	ok "SIG$signal: says so" contains "$err" 'interrupted in training'
	ok "SIG$signal: says how to go on" contains "$err" '--resume goes on'
	ok "SIG$signal: the file says that it is unfinished" is "$file" 'f.attrs["complete"] == 0'
	ok "SIG$signal: the checkpoint is whole" is "$file.checkpoint" \
		'f.attrs["complete"] == 1 and f.attrs["epochs"] + 1 == len(f["/history"])'
done
finish
