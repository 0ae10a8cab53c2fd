#!/bin/sh
# Builds a program from each C file beside this script, when the file is newer than the program.
#
# usage: build.sh OUTPUT_DIR
set -eu

out_dir=$1
src_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ -n "${CC:-}" ]; then
    cc=$CC
elif command -v cc >/dev/null 2>&1; then
    cc=cc
else
    cc=gcc
fi

for source in "$src_dir"/*.c; do
    [ -f "$source" ] || continue
    program=$out_dir/$(basename "$source" .c)
    if [ -f "$program" ] && [ -z "$(find "$source" "$src_dir/build.sh" "$src_dir"/*.h -newer "$program" -print 2>/dev/null)" ]; then
        continue
    fi
    # CC may carry arguments, as in CC="ccache gcc".
    command -v "${cc%% *}" >/dev/null 2>&1 || {
        echo "No C compiler to build the native programs with ('${cc%% *}' was not found): install one, for example with 'apt-get install gcc libc6-dev', or set CC." >&2
        exit 1
    }
    mkdir -p "$out_dir"
    # Under a name of its own until it is whole: the old program may be running.
    # shellcheck disable=SC2086
    $cc -std=c11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -pthread -o "$program.$$.tmp" "$source" || {
        rm -f "$program.$$.tmp"
        exit 1
    }
    mv -f "$program.$$.tmp" "$program"
done
