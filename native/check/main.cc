// Runs program files without Node, in checked mode and under sanitizers:
//   check levels                           the CPU levels of this machine
//   check run FILE…                        each file twice, every number against what is expected; where
//                                          allocations are counted, the second run must do without any
//   check mutate COUNT SEED FILE…          broken variants of the files
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../runtime/blas.h"
#include "../runtime/cpu.h"
#include "mutate.h"
#include "program_file.h"

namespace ostinato::check {

namespace {

int PrintLevels() {
  const CpuLevels& levels = FindCpuLevels();
  for (int i = 0; i < levels.count; ++i) std::printf("%s\n", levels.available[i]->level);
  return 0;
}

std::vector<ProgramFile> LoadAll(char** paths, int count) {
  std::vector<ProgramFile> files;
  for (int i = 0; i < count; ++i) files.push_back(ProgramFile::load(paths[i]));
  return files;
}

/** Says what went wrong; empty where nothing did. Adds to the count of instructions run side by side. */
std::string Problem(const ProgramFile& file, int& pairs) {
  Bench bench(file);
  if (bench.context == nullptr) {
    return "refused: reason " + std::to_string(bench.verdict.detail0) + ", instruction " +
           std::to_string(bench.verdict.instruction);
  }
  // Twice: the second run finds the memory and the panels of the first.
  for (int round = 0; round < 2; ++round) {
    const Verdict verdict = bench.run();
    if (static_cast<int32_t>(verdict.status) != file.status) {
      return "ended with status " + std::to_string(static_cast<int32_t>(verdict.status));
    }
    if (std::string mismatch = bench.mismatch(); !mismatch.empty()) return mismatch;
    if (round == 0) pairs += bench.context->pairs().count();
    if (round > 0 && bench.allocations != 0) return "takes memory from the heap in its second run";
  }
  return {};
}

int RunAll(const std::vector<ProgramFile>& files) {
  int failures = 0;
  int pairs = 0;
  for (const ProgramFile& file : files) {
    const std::string problem = Problem(file, pairs);
    if (problem.empty()) continue;
    std::fprintf(stderr, "%s: %s\n", file.path.c_str(), problem.c_str());
    ++failures;
  }
  std::printf("%zu program files, %d failures, %d pairs side by side\n", files.size(), failures, pairs);
  return failures == 0 && !files.empty() ? 0 : 1;
}

}  // namespace

int Main(int count, char** arguments) {
  const char* mode = count > 1 ? arguments[1] : "";
  if (std::strcmp(mode, "levels") == 0) return PrintLevels();
  if (FindCpuLevels().chosen == nullptr || *FindBlas().problem != '\0') {
    std::fprintf(stderr, "OSTINATO_CPU_LEVEL or OSTINATO_BLAS names what is not here: %s\n",
                 FindBlas().problem);
    return 2;
  }
  if (std::strcmp(mode, "run") == 0) return RunAll(LoadAll(arguments + 2, count - 2));
  if (std::strcmp(mode, "mutate") == 0 && count > 4) {
    const std::vector<ProgramFile> files = LoadAll(arguments + 4, count - 4);
    return Mutate(files, std::atoi(arguments[2]), std::strtoull(arguments[3], nullptr, 10)) ? 0 : 1;
  }
  std::fprintf(stderr, "usage: check levels | run FILE... | mutate COUNT SEED FILE...\n");
  return 2;
}

}  // namespace ostinato::check

int main(int count, char** arguments) { return ostinato::check::Main(count, arguments); }
