#!/usr/bin/env bash
# Runs the runtime and the kernels without Node, in checked mode: every conformance case and thousands of broken
# programs under AddressSanitizer and UBSan, at every CPU level of this machine, and a sample under valgrind.
# Usage: scripts/sanitize.sh [mutants per level] [seed]
set -eu
cd "$(dirname "$0")/.."
mutants=${1:-20000}
seed=${2:-1}
out=build/sanitize
programs=$out/programs
mkdir -p "$out"

# One compilation of each source of native/kernels per level; DIRECTORY and FLAGS tell the two builds apart.
make_check() {
  make --no-print-directory -s -j"$(nproc)" -f - DIRECTORY="$out/$1" FLAGS="$2" <<'MAKE'
CXX ?= g++
common = -std=c++20 -g -O1 -fno-exceptions -fno-rtti -fno-math-errno -ffp-contract=off -pthread -DOSTINATO_CHECKED \
  -Inative -MMD -MP $(FLAGS)
machine := $(shell uname -m)
levels := scalar $(if $(filter x86_64,$(machine)),avx2 avx512) $(if $(filter aarch64,$(machine)),neon)
flags_avx2 := -mavx2 -mfma
flags_avx512 := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma
kernels := $(wildcard native/kernels/*.cc)
plain := $(wildcard native/runtime/*.cc) $(wildcard native/check/*.cc)
# The lowest level first: where two instantiate the same inline function, the linker keeps the first copy.
objects := $(plain:native/%.cc=$(DIRECTORY)/%.o) \
  $(foreach level,$(levels),$(kernels:native/kernels/%.cc=$(DIRECTORY)/$(level)/%.o))

$(DIRECTORY)/check: $(objects)
	$(CXX) $(common) $^ -o $@ -ldl
define level_rule
$(DIRECTORY)/$(1)/%.o: native/kernels/%.cc
	@mkdir -p $$(@D)
	$$(CXX) $$(common) $(flags_$(1)) -DOSTINATO_LEVEL=$(1) -c $$< -o $$@
endef
$(foreach level,$(levels),$(eval $(call level_rule,$(level))))
$(DIRECTORY)/%.o: native/%.cc
	@mkdir -p $(@D)
	$(CXX) $(common) -c $< -o $@
-include $(objects:.o=.d)
MAKE
}

rm -rf "$programs"
npx --no-install tsx test/native/make-programs.ts "$programs"
make_check asan '-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'

export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1
for level in $("$out/asan/check" levels); do
  export OSTINATO_CPU_LEVEL=$level
  echo "$level"
  # Without CBLAS all products are ours, and seen by the sanitizers; with it, as users run them.
  OSTINATO_BLAS=none OSTINATO_THREADS=3 "$out/asan/check" run "$programs"/*.program
  OSTINATO_BLAS=none OSTINATO_THREADS=1 "$out/asan/check" run "$programs"/*.program
  "$out/asan/check" run "$programs"/*.program
  OSTINATO_BLAS=none OSTINATO_THREADS=2 "$out/asan/check" mutate "$mutants" "$seed" "$programs"/*.program
done

if ! command -v valgrind > /dev/null; then
  echo 'valgrind is not installed: skipped'
  exit 0
fi
make_check plain ''
# Debian's valgrind knows no AVX-512.
level=scalar
grep -q avx2 /proc/cpuinfo && level=avx2
echo "valgrind at $level"
OSTINATO_CPU_LEVEL=$level OSTINATO_BLAS=none OSTINATO_THREADS=2 valgrind -q --error-exitcode=1 \
  "$out/plain/check" run "$programs"/lstm*.program
