#!/usr/bin/env bash
# Runs the runtime and the kernels without Node: every conformance case and thousands of broken programs in checked mode
# under AddressSanitizer and UBSan, at every CPU level of this machine; whatever uses threads under ThreadSanitizer; then as
# users run them, with every allocation counted, and a sample of that under valgrind.
# Usage: scripts/sanitize.sh [mutants per level] [seed]
set -euo pipefail
cd "$(dirname "$0")/.."
mutants=${1:-5000}
seed=${2:-1}
out=build/sanitize
programs=$out/programs
mkdir -p "$out"

has() { grep -qw "$1" /proc/cpuinfo; }
case $(uname -m) in
  aarch64) levels=(neon scalar) all='scalar neon' ;;
  *) levels=(scalar) all='scalar avx2 avx512' ;;
esac
has avx2 && has fma && levels=(avx2 "${levels[@]}")
has avx512f && has avx512dq && has avx512bw && has avx512vl && levels=(avx512 "${levels[@]}")

# build NAME LEVELS FLAGS: the executable NAME/programs with the kernels of these levels; the others are empty.
build() {
  make --no-print-directory -r -s -j"$(nproc)" -f - DIRECTORY="$out/$1" LEVELS="$2" ALL="$all" FLAGS="$3" <<'MAKE'
CXX ?= g++
common = -std=c++20 -g1 -O1 -fno-exceptions -fno-rtti -fno-math-errno -ffp-contract=off -pthread \
  -Inative -MMD -MP $(FLAGS)
flags_avx2 := -mavx2 -mfma
flags_avx512 := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma
plain := $(wildcard native/runtime/*.cc) $(wildcard native/check/*.cc)
kernels := $(wildcard native/kernels/*.cc)
empty := $(filter-out $(LEVELS),$(ALL))
# The lowest level first: where two instantiate the same inline function, the linker keeps the first copy.
objects := $(plain:native/%.cc=$(DIRECTORY)/%.o) $(empty:%=$(DIRECTORY)/empty_%.o) \
  $(foreach level,$(filter $(LEVELS),$(ALL)),$(kernels:native/kernels/%.cc=$(DIRECTORY)/$(level)/%.o))

$(DIRECTORY)/programs: $(objects)
	$(CXX) $(common) $^ -o $@ -ldl
define level_rule
$(DIRECTORY)/$(1)/%.o: native/kernels/%.cc
	@mkdir -p $$(@D)
	$$(CXX) $$(common) $(flags_$(1)) -DOSTINATO_LEVEL=$(1) -c $$< -o $$@
endef
$(foreach level,$(LEVELS),$(eval $(call level_rule,$(level))))
$(DIRECTORY)/empty_%.o: native/kernels/kernels.h
	@mkdir -p $(@D)
	printf '#include "kernels/kernels.h"\nconst ostinato::KernelTable ostinato::$*::table{"$*", {}};\n' | $(CXX) $(common) -x c++ -c - -o $@
$(DIRECTORY)/%.o: native/%.cc
	@mkdir -p $(@D)
	$(CXX) $(common) -c $< -o $@
-include $(objects:.o=.d)
MAKE
}

rm -rf "$programs"
npx --no-install tsx test/native/make-programs.ts "$programs"
build asan "${levels[*]}" '-DOSTINATO_CHECKED -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'

export ASAN_OPTIONS=allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
for level in "${levels[@]}"; do
  echo "$level"
  export OSTINATO_CPU_LEVEL=$level
  # Without CBLAS all products are ours, and seen by the sanitizers.
  OSTINATO_BLAS=none OSTINATO_THREADS=3 "$out/asan/programs" run "$programs"/*.program
  # With it, and alone, as users run them: what is done around products is the same at every level.
  if [ "$level" = "${levels[0]}" ]; then OSTINATO_THREADS=1 "$out/asan/programs" run "$programs"/*.program; fi
  # Two walks at the same time, two threads each.
  OSTINATO_BLAS=none OSTINATO_THREADS=4 "$out/asan/programs" run "$programs"/walks*.program | tee "$out/walks.log"
  grep -q ' [1-9][0-9]* pairs side by side' "$out/walks.log"
  OSTINATO_BLAS=none OSTINATO_THREADS=2 "$out/asan/programs" mutate "$mutants" "$seed" "$programs"/*.program
done

build tsan "${levels[0]}" '-fsanitize=thread'
echo "${levels[0]}, ThreadSanitizer"
for threads in 2 4; do
  OSTINATO_CPU_LEVEL=${levels[0]} OSTINATO_BLAS=none OSTINATO_THREADS=$threads "$out/tsan/programs" run \
    "$programs"/{walks,loop,lstm,gru,rnn,matmul}*.program
done

# Debian's valgrind knows no AVX-512.
export OSTINATO_CPU_LEVEL=scalar OSTINATO_BLAS=none OSTINATO_THREADS=2
has avx2 && has fma && OSTINATO_CPU_LEVEL=avx2
wrap=''
for function in malloc calloc realloc posix_memalign aligned_alloc; do wrap="$wrap -Wl,--wrap=$function"; done
build plain "$OSTINATO_CPU_LEVEL" "-DOSTINATO_COUNT_ALLOCATIONS$wrap"
echo "$OSTINATO_CPU_LEVEL, allocations counted"
"$out/plain/programs" run "$programs"/*.program
if command -v valgrind > /dev/null; then
  echo "$OSTINATO_CPU_LEVEL, valgrind"
  valgrind -q --error-exitcode=1 "$out/plain/programs" run "$programs"/{lstm,walks,loop}*.program
else
  echo 'valgrind is not installed: skipped'
fi
