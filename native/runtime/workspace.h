// What a kernel may use besides its operands. Belongs to a run context; used by one instruction at a time.
#pragma once
#include <atomic>
#include <cstdint>
#include <type_traits>

#include "../generated/contract.h"
#include "memory.h"
#include "panels.h"

namespace ostinato {

struct Outcome {
  contract::Status status = contract::Status::ok;
  int64_t detail0 = 0;
  int64_t detail1 = 0;
};

struct Blas;        // runtime/blas.h: function pointers of a CBLAS found at run time
class ThreadPool;   // runtime/threads.h: the process-wide pool, taken per parallel region
class WeightStore;  // runtime/store.h: the parameters, and their packed copies

/** Asks a run to end; all workspaces of its context hear it. */
struct Abort {
  std::atomic<bool> requested{false};
  /** False in `update`, which is not left half done. */
  bool heard = true;
};

class Workspace {
 public:
  Workspace(WeightStore& store, const Blas* blas, ThreadPool& pool, const Abort& abort);

  /**
   * Threads that a parallel region may use: all of the process, or half of them beside another instruction.
   * Never a matter of timing, so that splits are reproducible.
   */
  int threads() const { return threads_; }

  /**
   * Runs body(part) for each part in [0, parts), parts ≤ threads(), the calling thread included, and returns
   * when all are done. Parts may wait for one another at barrier(), all of them equally often. body must not
   * throw.
   */
  template <typename Body>
  void parallel(int parts, Body&& body) {
    using Function = std::remove_reference_t<Body>;
    parallelErased(parts, const_cast<void*>(static_cast<const void*>(&body)),
                   [](void* b, int part) { (*static_cast<Function*>(b))(part); });
  }

  /** Inside parallel(parts): returns when all parts have arrived. Spins briefly, then yields. */
  void barrier();

  /**
   * Working memory, 64-byte aligned, contents undefined, one block per slot (0 … 15). A block grows on first
   * use of a larger size and is kept, so a repeated run allocates nothing. Call outside parallel regions.
   * Null: out of memory.
   */
  float* scratch(int slot, int64_t elements);

  /**
   * Packed copy of weights. Cached and rebuilt only when the parameters change where `weights` lies in the
   * parameter buffer; packed anew in every call elsewhere. `role` tells packings of the same weights apart.
   * Null: out of memory.
   */
  const float* panels(const float* weights, int role, int64_t rows, int64_t columns, int64_t elements,
                      PackFunction pack);

  /**
   * The number of this run. A kernel may choose by it the order in which it reads weights, never what it
   * computes.
   */
  int64_t turn() const { return turn_; }

  /** Polled inside time loops and large products; a kernel that sees true returns at once, its outputs
   * unfinished. Always false in `update`. */
  bool aborted() const;

  /** Null where no CBLAS was found: packed kernels then do all products. Called from one thread at a time
   * each. */
  const Blas* blas() const;

 private:
  friend class RunContext;

  static constexpr int scratchBlocks = 16;
  /** Panels of weights that are not parameters, at most so many in one instruction. */
  static constexpr int loosePanels = 8;

  void parallelErased(int parts, void* body, void (*call)(void*, int));

  WeightStore& store_;
  const Blas* const blas_;
  ThreadPool& pool_;
  const Abort& abort_;
  int threads_;
  int64_t turn_ = 0;
  Array<float> scratch_[scratchBlocks];
  Array<float> loose_[loosePanels];
  /** How many of `loose_` the present instruction has taken. */
  int looseTaken_ = 0;

  int parts_ = 1;
  std::atomic<int> arrived_{0};
  std::atomic<uint32_t> phase_{0};
};

}  // namespace ostinato
