#!/usr/bin/env bash
# Builds Chroma for .NET: installs or names what is missing, then runs build.cake.
#   ./build.sh [--target=Default|Test|Demo|Bindings|Pack|Format|Lint|Clean|Asan|Fuzz] [--ggml-dir=DIR] [--portable]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# command -> Debian package; what no Debian package has is only named
declare -A packages=(
    [cmake]=cmake [ninja]=ninja-build [g++]=g++ [git]=git [npm]=npm [clang]=clang [clang-format]=clang-format [clang-tidy]=clang-tidy
)
missing=()
can_install=false
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    can_install=true
fi

install() {
    echo "Installing: $*" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

for command in "${!packages[@]}"; do
    command -v "$command" >/dev/null || missing+=("$command")
done
# oneDNN is a library, and the build does without it (more slowly); so it is installed where it can be, and named where not.
if [[ $(uname -s) == Linux && ! -e /usr/include/dnnl.hpp && ! -e /usr/local/include/dnnl.hpp ]]; then
    if $can_install; then
        missing+=(libdnnl-dev)
        packages[libdnnl-dev]=libdnnl-dev
    else
        echo "oneDNN (Debian: libdnnl-dev) is not installed: the engine will be several times slower." >&2
    fi
fi

if ((${#missing[@]})) && $can_install; then
    to_install=()
    for command in "${missing[@]}"; do to_install+=("${packages[$command]}"); done
    install "${to_install[@]}"
    missing=()
fi

# The fuzz targets need libFuzzer and the sanitizers of this clang, and OpenMP for what uses oneDNN. Without them they are left out.
if [[ $(uname -s) == Linux ]] && command -v clang >/dev/null; then
    runtime=$(clang -print-resource-dir)/lib
    if ! compgen -G "$runtime/*/libclang_rt.fuzzer*" >/dev/null || ! compgen -G "$runtime/../include/omp.h" >/dev/null; then
        version=$(clang -dumpversion)
        if ! $can_install || ! install "libclang-rt-${version%%.*}-dev" "libomp-${version%%.*}-dev"; then
            echo "clang's runtime (Debian: libclang-rt-dev, libomp-dev) is not installed: the fuzz targets are left out." >&2
        fi
    fi
fi

sdk=$(dotnet --list-sdks 2>/dev/null | grep -E '^(1[0-9]|[2-9][0-9])\.' || true)
[[ -n $sdk ]] || missing+=("dotnet (.NET SDK 10)")
if ((${#missing[@]})); then
    echo "Missing on this machine: ${missing[*]}" >&2
    echo "Install them and run ./build.sh again." >&2
    exit 1
fi

dotnet tool restore >/dev/null
exec dotnet cake build.cake "$@"
