#!/bin/sh
# Builds the JNI library from every C file beside this script, when one of them is newer than the library.
#
# usage: build.sh OUTPUT_DIR JDK_INCLUDE_DIR
set -eu

out_dir=$1
jdk_include=$2
src_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
    echo "$*" >&2
    exit 1
}

if [ -n "${CC:-}" ]; then
    cc=$CC
elif command -v cc >/dev/null 2>&1; then
    cc=cc
else
    cc=gcc
fi
# CC may carry arguments, as in CC="ccache gcc".
command -v "${cc%% *}" >/dev/null 2>&1 ||
    fail "No C compiler to build the native library with ('${cc%% *}' was not found): install one, for example with 'apt-get install gcc libc6-dev', or set CC."
{ [ -f "$jdk_include/jni.h" ] && [ -f "$jdk_include/linux/jni_md.h" ]; } ||
    fail "No jni.h in $jdk_include: install a full JDK, for example with 'apt-get install openjdk-17-jdk-headless', and set JAVA_HOME to it."

# Netty's names for the architectures. The compiler is asked, so that a cross compiler names its library right.
# shellcheck disable=SC2086
target=$($cc -dumpmachine)
case $target in
x86_64-*) arch=x86_64 ;;
aarch64-*) arch=aarch_64 ;;
*) fail "No native library for $target: the supported architectures are x86_64 and aarch64." ;;
esac

library=$out_dir/libnettyaio_epoll_$arch.so
if [ -f "$library" ] && [ -z "$(find "$src_dir" -newer "$library" -print)" ]; then
    exit 0
fi

mkdir -p "$out_dir"
# Under a name of its own until it is whole: a running JVM may have the old file mapped.
new=$library.$$.tmp
trap 'rm -f "$new"' EXIT
# shellcheck disable=SC2086
$cc -std=c11 -O2 -g -fPIC -shared -Wall -Wextra -Werror -Wconversion -Wshadow -fvisibility=hidden \
    -Wl,-z,now,-z,relro -D_GNU_SOURCE -I"$jdk_include" -I"$jdk_include/linux" \
    -o "$new" "$src_dir"/*.c
mv -f "$new" "$library"
