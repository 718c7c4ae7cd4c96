#!/bin/bash
# make install: everything is in its place, works from there, and a program builds against it with pkg-config.
. "$(dirname "$0")/../tap.sh"

build=$(dirname "$SPIKEM")
dest=$SPK_TEST_DIR/dest
prefix=/opt/spikem
root=$dest$prefix

install_into() { # target
	MAKEFLAGS='' make --no-print-directory "$1" B="$build" DESTDIR="$dest" PREFIX="$prefix" \
		>"$SPK_TEST_DIR/.out" 2>&1
	code=$?
	out=$(<"$SPK_TEST_DIR/.out")
}

install_into install-files
ok 'install: exit code 0' [ "$code" -eq 0 ]
for file in bin/spikem lib/libspikem.a lib/pkgconfig/spikem.pc include/spikem/spikem.h share/man/man1/spikem.1 \
	share/bash-completion/completions/spikem share/spikem/plot/spikem_plot.py share/spikem/scenarios/digits.yaml \
	share/spikem/scenarios/data/digits.csv.gz share/doc/spikem/LICENSE \
	share/spikem/scenarios/claims/examples/that_fails.yaml; do
	ok "install: $file" [ -s "$root/$file" ]
done
ok 'all public headers are installed' [ "$(ls include/spikem)" = "$(ls "$root/include/spikem")" ]
ok 'all scenarios and claims are installed' [ "$(cd scenarios && find . -name '*.yaml' | sort)" = \
	"$(cd "$root/share/spikem/scenarios" && find . -name '*.yaml' | sort)" ]
ok 'nothing outside the prefix' [ "$(ls -A "$dest")" = opt ]

SPIKEM=$root/bin/spikem
run check "$root/share/spikem/scenarios/digits.yaml"
ok 'the installed program reads the installed scenario with its data' [ "$code" -eq 0 ]

cat >"$SPK_TEST_DIR/user.c" <<'END'
#include <spikem/spikem.h>
#include <stdio.h>

int main(void)
{
	printf("%s, %s\n", spk_version(), spk_neuron_models[0] ? "models" : "no models");
	return spk_scenario_write_schema(stdout, NULL) ? 1 : 0;
}
END
export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=''
ok 'pkg-config: version' [ "$(pkg-config --modversion spikem)" = \
	"$(sed -n 's/^#define SPK_VERSION "\(.*\)"/\1/p' include/spikem/version.h)" ]
extra=
[ "$(basename "$build")" != san ] || extra='-fsanitize=address,undefined'
# shellcheck disable=SC2046,SC2086 # flags are words
cc -std=c11 -Wall -Wextra -Werror $extra -o "$SPK_TEST_DIR/user" "$SPK_TEST_DIR/user.c" \
	$(pkg-config --define-variable=prefix="$root" --cflags --libs spikem) >"$SPK_TEST_DIR/.out" 2>&1
code=$?
out=$(<"$SPK_TEST_DIR/.out")
ok 'a program builds with pkg-config --cflags --libs spikem' [ "$code" -eq 0 ]
out=$("$SPK_TEST_DIR/user")
ok 'and runs' contains "$out" ', models'

bash -c '. "$1"; PATH=$2:$PATH; COMP_WORDS=(spikem ru); COMP_CWORD=1; _spikem; [ "${COMPREPLY[*]}" = run ] &&
	COMP_WORDS=(spikem run --thr) COMP_CWORD=2 && _spikem && [ "${COMPREPLY[*]}" = --threads ] &&
	COMP_WORDS=(spikem describe lif_de) && _spikem && [ "${COMPREPLY[*]}" = lif_delta ]' \
	- "$root/share/bash-completion/completions/spikem" "$root/bin" >"$SPK_TEST_DIR/.out" 2>&1
ok 'completion knows commands, options and models' [ $? -eq 0 ]

install_into uninstall
ok 'uninstall: no file is left' [ -z "$(find "$dest" -type f)" ]
finish
