#include "context.h"

#include <algorithm>
#include <limits>
#include <new>

#include "blas.h"
#include "checked.h"
#include "cpu.h"
#include "float_mode.h"
#include "threads.h"

namespace ostinato {

using contract::BufferKind;
using contract::InvalidReason;
using contract::Status;

namespace {

uint32_t Bit(contract::SegmentKind kind) { return 1u << static_cast<int32_t>(kind); }

}  // namespace

std::unique_ptr<RunContext> RunContext::create(std::shared_ptr<WeightStore> store, const int32_t* words,
                                               int64_t count, Verdict& verdict) {
  std::unique_ptr<RunContext> context(new (std::nothrow) RunContext(std::move(store)));
  if (context == nullptr) {
    verdict = OutOfMemory();
    return nullptr;
  }
  verdict = context->prepare(words, count);
  return verdict.ok() ? std::move(context) : nullptr;
}

RunContext::RunContext(std::shared_ptr<WeightStore> store)
    : store_(std::move(store)),
      kernels_(*FindCpuLevels().chosen),
      workspace_(*store_, FindBlas().blas, ThreadPool::instance(), abort_),
      beside_(*store_, FindBlas().blas, ThreadPool::instance(), abort_) {}

Verdict RunContext::prepare(const int32_t* words, int64_t count) {
  if (Verdict verdict = program_.load(words, count); !verdict.ok()) return verdict;
  if (!binding_.reserve(program_) || !pairs_.reserve(program_)) return OutOfMemory();
  if (Verdict verdict = binding_.check(); !verdict.ok()) return verdict;
  for (int32_t i = 0; i < program_.instructionCount; ++i) {
    if (kernels_.kernels[program_.instructions[i].rule->code] == nullptr) {
      return Invalid(InvalidReason::unknownInstruction, i, -1);
    }
  }
  for (int32_t i = 0; i < program_.segments.count; ++i) {
    const SegmentEntry& segment = program_.segments[i];
    for (int32_t j = segment.first; j < segment.first + segment.count; ++j) {
      if (program_.instructions[j].writesStore) writingSegments_ |= Bit(segment.kind);
    }
  }
  return reserve();
}

Verdict RunContext::reserve() {
  const int32_t count = program_.buffers.count;
  borders_.reset(new (std::nothrow) Borders);
  if (borders_ == nullptr) return OutOfMemory();
  borders_->buffers.reset(new (std::nothrow) Memory[count]);
  arenas_.reset(new (std::nothrow) Memory[count]);
  if (borders_->buffers == nullptr || arenas_ == nullptr) return OutOfMemory();
  if (!borders_->dimensions.allocate(program_.inputDimensionCount())) return OutOfMemory();
  if (!borders_->scalars.allocate(program_.scalarCount())) return OutOfMemory();
  if (!borders_->status.allocate(4)) return OutOfMemory();
  if (!dimensions_.allocate(program_.inputDimensionCount()) || !addresses_.allocate(count))
    return OutOfMemory();
  bytes_ = program_.scalarCount() * int64_t{sizeof(double)};
  std::copy(program_.capacities.begin(), program_.capacities.end(), borders_->dimensions.begin());

  for (int32_t i = 0; i < count; ++i) {
    const BufferEntry& buffer = program_.buffers[i];
    if (buffer.kind == BufferKind::parameters || buffer.kind == BufferKind::slots) {
      const Array<float>& owned = buffer.kind == BufferKind::parameters ? store_->parameters : store_->slots;
      if (buffer.elements != owned.count()) return Invalid(InvalidReason::buffer, -1, i);
      addresses_[i] = reinterpret_cast<int64_t>(owned.begin());
      continue;
    }
    Memory& memory = (buffer.kind == BufferKind::arena ? arenas_ : borders_->buffers)[static_cast<size_t>(i)];
    const int64_t bytes = buffer.elements * buffer.bytes();
    bytes_ += bytes;
    if (static_cast<uint64_t>(bytes_) > PhysicalMemory()) return OutOfMemory();
    if (!memory.allocate(static_cast<uint64_t>(bytes))) return OutOfMemory();
    addresses_[i] = reinterpret_cast<int64_t>(memory.data());
  }
  return {};
}

bool RunContext::claim(uint32_t segments) {
  if (!(writesStore(segments) ? store_->tryWrite() : store_->tryRead())) return false;
  abort_.requested.store(false, std::memory_order_relaxed);
  return true;
}

Verdict RunContext::run(uint32_t segments) {
  Verdict verdict = OutOfMemory();
  if (workspace_.pool_.beginRun()) {
    const FlushDenormals flush;
    verdict = execute(segments);
    workspace_.pool_.endRun();
  }
  if (writesStore(segments)) {
    store_->endWrite();
  } else {
    store_->endRead();
  }
  const Array<int32_t>& status = borders_->status;
  status[0] = static_cast<int32_t>(verdict.status);
  status[1] = verdict.instruction;
  status[2] = verdict.detail0;
  status[3] = verdict.detail1;
  return verdict;
}

double RunContext::work() { return bind().ok() ? binding_.work() : std::numeric_limits<double>::infinity(); }

Verdict RunContext::bind() {
  const Array<int32_t>& given = borders_->dimensions;
  if (bound_ && std::equal(given.begin(), given.end(), dimensions_.begin())) return {};
  // A copy: the caller may write to his own at any time.
  std::copy(given.begin(), given.end(), dimensions_.begin());
  const int64_t scalars = reinterpret_cast<int64_t>(borders_->scalars.begin());
  const Verdict verdict = binding_.bind(dimensions_.begin(), {addresses_.begin(), scalars});
  bound_ = verdict.ok();
  if (bound_) pairs_.choose(program_, binding_, workspace_.pool_.threads());
  return verdict;
}

Verdict RunContext::execute(uint32_t segments) {
  if (const Verdict verdict = bind(); !verdict.ok()) return verdict;
  ++workspace_.turn_;
  ++beside_.turn_;
  const CheckedRun checked(program_, binding_, addresses_);
  for (int32_t i = 0; i < program_.segments.count; ++i) {
    const SegmentEntry& segment = program_.segments[i];
    if ((segments & Bit(segment.kind)) == 0) continue;
    abort_.heard = segment.kind != contract::SegmentKind::update;
    // Before `update`, an abort is still heard.
    if (abort_.requested.load(std::memory_order_relaxed)) return {Status::aborted, segment.first};
    const int32_t end = segment.first + segment.count;
    for (int32_t j = segment.first; j < end;) {
      const int32_t loop = program_.instructions[j].loop;
      int32_t next = j + 1;
      while (next < end && program_.instructions[next].loop == loop) ++next;
      const Verdict verdict = loop < 0 ? runRange(j, next, checked) : runLoop(loop, checked);
      if (!verdict.ok()) return verdict;
      j = next;
    }
  }
  return {};
}

Verdict RunContext::runRange(int32_t first, int32_t end, const CheckedRun& checked) {
  for (int32_t i = first; i < end;) {
    const bool pair = pairs_.beginsAt(i);
    const int32_t next = i + (pair ? 2 : 1);
    checked.before(i, next);
    const Verdict verdict = pair ? runPair(i) : runInstruction(i, workspace_);
    if (!verdict.ok()) return verdict;
    // Also after the last one: a kernel that heard of the abort has left its outputs unfinished.
    if (workspace_.aborted()) return {Status::aborted, next - 1};
    i = next;
  }
  return {};
}

Verdict RunContext::runLoop(int32_t index, const CheckedRun& checked) {
  const LoopEntry& loop = program_.loops[index];
  const int64_t steps = binding_.steps(loop);
  Verdict verdict;
  for (int64_t i = 0; i < steps && verdict.ok(); ++i) {
    binding_.moveTo(index, loop.reverse != 0 ? steps - 1 - i : i);
    verdict = runRange(loop.first, loop.first + loop.count, checked);
  }
  binding_.moveTo(index, 0);
  return verdict;
}

Verdict RunContext::runPair(int32_t first) {
  Workspace* const workspaces[] = {&workspace_, &beside_};
  Verdict verdicts[2];
  const auto run = [&](int which) { verdicts[which] = runInstruction(first + which, *workspaces[which]); };
  ThreadPool& pool = workspace_.pool_;
  const int all = pool.threads();
  for (Workspace* workspace : workspaces) workspace->threads_ = all / 2;
  workspace_.parallel(2, run);
  workspace_.threads_ = all;
  // As if the second had waited for the first.
  return verdicts[0].ok() ? verdicts[1] : verdicts[0];
}

Verdict RunContext::runInstruction(int32_t index, Workspace& workspace) {
  const Instruction& instruction = program_.instructions[index];
  const Kernel kernel = kernels_.kernels[instruction.rule->code];
  const Outcome outcome = kernel(binding_.slots(instruction), workspace);
  workspace.looseTaken_ = 0;
  if (instruction.writesStore) store_->parametersChanged();
  if (outcome.status == Status::ok) return {};
  return {outcome.status, index, static_cast<int32_t>(outcome.detail0),
          static_cast<int32_t>(outcome.detail1)};
}

bool RunContext::writesStore(uint32_t segments) const { return (segments & writingSegments_) != 0; }

}  // namespace ostinato
