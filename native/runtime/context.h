// One program on one weight store: its arena, its borders, its runs.
#pragma once
#include <cstdint>
#include <memory>

#include "../kernels/kernels.h"
#include "binding.h"
#include "checked.h"
#include "pairs.h"
#include "program.h"
#include "store.h"
#include "workspace.h"

namespace ostinato {

/** The memory through which a context and its caller speak. Callers may keep it longer than the context. */
struct Borders {
  Array<int32_t> dimensions;
  Array<double> scalars;
  Array<int32_t> status;
  /** One for each buffer of the program; empty where the buffer is an arena or belongs to the store. */
  std::unique_ptr<Memory[]> buffers;
};

class RunContext {
 public:
  /**
   * Checks the program in full and reserves the memory of a run at capacity. Null, with the reason in
   * `verdict`, where either fails.
   */
  static std::unique_ptr<RunContext> create(std::shared_ptr<WeightStore> store, const int32_t* words,
                                            int64_t count, Verdict& verdict);

  const Program& program() const { return program_; }
  const std::shared_ptr<Borders>& borders() const { return borders_; }
  /** The instructions that run at the same time as another, at the sizes bound last. */
  const Pairs& pairs() const { return pairs_; }
  /** Of everything that belongs to the context. */
  int64_t bytes() const { return bytes_; }

  /**
   * Claims the weights for a run of these segments (a bit for each SegmentKind) and forgets an earlier abort.
   * False: another run or copy is in the way. A claim must be followed by run(), on any thread.
   */
  bool claim(uint32_t segments);

  /** Runs the segments in program order and gives the claim back. The verdict also stands in the status
   * words. */
  Verdict run(uint32_t segments);

  /** Multiply-adds of all segments at the dimensions given now; infinite where they do not fit. Not during a
   * run. */
  double work();

  /** From any thread: the run under way ends soon, unless it has reached `update`. */
  void requestAbort() { abort_.requested.store(true, std::memory_order_relaxed); }

 private:
  explicit RunContext(std::shared_ptr<WeightStore> store);
  Verdict prepare(const int32_t* words, int64_t count);
  Verdict reserve();
  /** Binds the program to the dimensions given, where they are not those of the last time. */
  Verdict bind();
  Verdict execute(uint32_t segments);
  /** Runs instructions [first, end), which stand in one body or in none. */
  Verdict runRange(int32_t first, int32_t end, const CheckedRun& checked);
  Verdict runLoop(int32_t loop, const CheckedRun& checked);
  Verdict runInstruction(int32_t index, Workspace& workspace);
  /** Runs this instruction and the next at the same time, each on half of the threads. */
  Verdict runPair(int32_t first);
  bool writesStore(uint32_t segments) const;

  std::shared_ptr<WeightStore> store_;
  std::shared_ptr<Borders> borders_;
  const KernelTable& kernels_;
  Program program_;
  Binding binding_;
  Pairs pairs_;
  Abort abort_;
  Workspace workspace_;
  /** Of the second instruction of a pair. */
  Workspace beside_;

  std::unique_ptr<Memory[]> arenas_;
  int64_t bytes_ = 0;
  /** Where each buffer begins. */
  Array<int64_t> addresses_;
  /** What `binding_` is bound to; bound_ false: to nothing. */
  Array<int32_t> dimensions_;
  bool bound_ = false;
  /** A bit for each SegmentKind that writes parameters or slots. */
  uint32_t writingSegments_ = 0;
};

}  // namespace ostinato
