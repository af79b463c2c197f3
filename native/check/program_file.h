// A program, what it starts from and what it must give, in one file. test/native/program-file.ts writes it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "../runtime/context.h"

namespace ostinato::check {

/** Numbers of one buffer, from an element on. */
struct Numbers {
  int32_t buffer;
  int64_t offset;
  /** Largest allowed |a − b| / (1 + |b|); unused where the numbers are given. */
  double tolerance;
  std::vector<double> values;
};

/**
 * The file is a list of float64: magic, segments (a bit for each SegmentKind), expected status, elements of
 * the parameters, elements of the slots, then four lists with their length in front, words, dimensions,
 * scalars, given numbers and expected numbers: (buffer, offset, tolerance, length, values…)….
 */
struct ProgramFile {
  static constexpr double magic = 0x4f535446;  // "OSTF"

  std::string path;
  uint32_t segments;
  int32_t status;
  int64_t parameterElements;
  int64_t slotElements;
  std::vector<int32_t> words;
  std::vector<int32_t> dimensions;
  std::vector<double> scalars;
  std::vector<Numbers> given;
  std::vector<Numbers> expected;

  /** Ends the process with a message where there is no such file. */
  static ProgramFile load(const char* path);
};

/** A program of a file, ready to run. */
class Bench {
 public:
  /** Makes store and context; where the program is refused, the context is null and `verdict` says why. */
  explicit Bench(const ProgramFile& file) : Bench(file, file.words) {}
  /** The same with other words. */
  Bench(const ProgramFile& file, const std::vector<int32_t>& words);

  /** Writes what is given, as far as it has room; then runs. */
  Verdict run();
  /** A sentence on the first number that is not as expected; empty where all are. */
  std::string mismatch() const;

  Verdict verdict;
  /** What the last run took from the heap. */
  int64_t allocations = 0;
  std::shared_ptr<WeightStore> store;
  std::unique_ptr<RunContext> context;

 private:
  char* memory(int32_t buffer) const;
  void write(const Numbers& numbers) const;

  const ProgramFile& file_;
};

}  // namespace ostinato::check
