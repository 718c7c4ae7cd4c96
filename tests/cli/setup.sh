#!/bin/bash
# tools/setup on machines that are played by stand-ins for dpkg-query, apt-get, id and sudo.
. "$(dirname "$0")/../tap.sh"

machine=$SPK_TEST_DIR/bin
log=$SPK_TEST_DIR/log
mkdir -p "$machine"

stand_in() { # name, body
	printf '#!/bin/sh\n%s\n' "$2" >"$machine/$1"
	chmod +x "$machine/$1"
}
for tool in sh cut tr grep cat env; do
	ln -sf "$(command -v "$tool")" "$machine/$tool"
done
setup() {
	: >"$log"
	PATH=$machine tools/setup "$@" >"$SPK_TEST_DIR/.out" 2>"$SPK_TEST_DIR/.err"
	code=$?
	out=$(<"$SPK_TEST_DIR/.out")
	err=$(<"$SPK_TEST_DIR/.err")
}

setup build
ok 'no Debian: stops' [ "$code" -eq 1 ]
ok 'no Debian: names packages' contains "$err" libhdf5-dev
ok 'no Debian: with the reason' contains "$err" 'result files (HDF5)'
ok 'no Debian: no packages of other profiles' lacks "$err" python3-neo
SPIKEM_SETUP=skip setup build
ok 'no Debian: may be skipped' [ "$code" -eq 0 ]

for tool in cc make pkg-config h5dump g++; do
	stand_in "$tool" 'exit 0'
done
stand_in id 'echo 0'
stand_in dpkg-query 'echo "install ok installed"'
stand_in apt-get "echo \"apt-get \$*\" >>$log"
setup build test bench
ok 'all there: exit code 0' [ "$code" -eq 0 ]
ok 'all there: nothing printed' [ -z "$out$err" ]
ok 'all there: nothing done' [ ! -s "$log" ]

stand_in dpkg-query 'case "$*" in *libyaml-dev) exit 1 ;; esac; echo "install ok installed"'
setup build
ok 'one missing: exit code 0' [ "$code" -eq 0 ]
ok 'one missing: says which and why' contains "$out" 'libyaml-dev            scenario files (YAML)'
ok 'one missing: installs it alone' [ "$(grep -v simulate "$log")" = 'apt-get install -y -qq --no-install-recommends libyaml-dev' ]
ok 'one missing: no lists fetched when apt knows it' lacks "$(<"$log")" update

stand_in apt-get "echo \"apt-get \$*\" >>$log; case \"\$*\" in *simulate*) exit 100 ;; esac"
setup build
ok 'unknown to apt: the lists are fetched first' [ "$(grep -v simulate "$log" | head -n 1)" = 'apt-get update -qq' ]

stand_in id 'echo 1000'
setup build
ok 'no root, no sudo: stops' [ "$code" -eq 1 ]
ok 'no root, no sudo: says what to do' contains "$err" 'apt-get install libyaml-dev'
ok 'no root, no sudo: does nothing' [ ! -s "$log" ]

stand_in sudo "echo sudo >>$log; exec \"\$@\""
setup build
ok 'no root: sudo' grep -q '^sudo$' "$log"

rm "$machine/h5dump"
stand_in dpkg-query 'echo "install ok installed"'
setup build
ok 'a missing tool of another profile is not asked for' [ -z "$out" ]
setup test
ok 'a missing tool' contains "$out" hdf5-tools
setup tset
ok 'unknown profile: exit code 2' [ "$code" -eq 2 ]
finish
