#include "mutate.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <random>

namespace ostinato::check {

namespace {

using Random = std::mt19937_64;

int32_t Below(Random& random, size_t limit) {
  return static_cast<int32_t>(random() % std::max<size_t>(limit, 1));
}

/** Mostly values that a program could hold; wild ones are refused too soon to reach anything. */
int32_t Plausible(Random& random, const std::vector<int32_t>& words, int32_t before) {
  constexpr int32_t extremes[] = {INT_MIN, INT_MAX, -1, -2, contract::maximumElements, 1 << 16};
  switch (random() % 8) {
    case 0:
    case 1:
      return Below(random, 10);
    case 2:
    case 3:
      return static_cast<int32_t>(int64_t{before} + (random() % 2 == 0 ? 1 : -1));
    case 4:
      return static_cast<int32_t>(static_cast<uint32_t>(before) * 2);
    case 5:
      return words[static_cast<size_t>(Below(random, words.size()))];
    case 6:
      return extremes[Below(random, std::size(extremes))];
    default:
      return static_cast<int32_t>(random());
  }
}

/** One to three words changed; the work stays bounded. */
std::vector<int32_t> MutateWords(Random& random, const ProgramFile& file) {
  constexpr auto workLimit = static_cast<size_t>(contract::Header::workLimit);
  constexpr int32_t bound = 20;
  std::vector<int32_t> words = file.words;
  for (int32_t changes = 1 + Below(random, 3); changes > 0; --changes) {
    // The header is small and refuses much: one change in ten is enough for it.
    const size_t first = random() % 10 == 0 ? 0 : static_cast<size_t>(contract::headerWords);
    const size_t at = first + random() % (words.size() - first);
    words[at] = Plausible(random, words, words[at]);
  }
  words[workLimit] = std::min(words[workLimit], bound);
  return words;
}

/** Changes sizes, indices, lengths and numbers too: what a run reads is no more to be trusted than the
 * program. */
ProgramFile MutateData(Random& random, const ProgramFile& file) {
  ProgramFile mutant = file;
  for (int32_t& dimension : mutant.dimensions) {
    if (random() % 3 == 0) dimension = Plausible(random, mutant.words, dimension);
  }
  for (Numbers& numbers : mutant.given) {
    if (numbers.values.empty() || random() % 3 != 0) continue;
    const int32_t before = static_cast<int32_t>(std::clamp(numbers.values[0], -1e9, 1e9));
    numbers.values[random() % numbers.values.size()] = Plausible(random, mutant.words, before);
  }
  return mutant;
}

}  // namespace

bool Mutate(const std::vector<ProgramFile>& files, int count, uint64_t seed) {
  Random random(seed);
  int refused = 0;
  int ran = 0;
  int completed = 0;
  for (int i = 0; i < count; ++i) {
    const ProgramFile& file = files[static_cast<size_t>(Below(random, files.size()))];
    const ProgramFile mutant = MutateData(random, file);
    const std::vector<int32_t> words = i % 4 == 0 ? file.words : MutateWords(random, file);
    Bench bench(mutant, words);
    if (bench.context == nullptr) {
      ++refused;
      continue;
    }
    ++ran;
    if (bench.run().ok()) ++completed;
  }
  std::printf("%d mutants: %d refused, %d run, %d of them to the end\n", count, refused, ran, completed);
  return refused > 0 && completed > 0;
}

}  // namespace ostinato::check
