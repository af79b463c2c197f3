// GRU: the gate buffer, and the two forms. saved: [T, B, blocks, 4, width] with slots n, z, r and a fourth:
// hₜ₋₁ · Rₙ + recurrentBiasₙ where reset comes after the product (backward puts its gradient there), r ∗ hₜ₋₁
// where it comes before. So slots 0 … 2 are the gates of the input side and, with reset after, 1 … 3 those of
// the recurrent side.
#pragma once
#include "activations.h"
#include "backward.h"
#include "masks.h"

namespace ostinato::OSTINATO_LEVEL::gruCell {

inline constexpr int gates = 3;
inline constexpr int slots = 4;
enum Slot : int { candidateSlot, updateSlot, resetSlot, fourthSlot };
inline constexpr int64_t blockLanes = slots * Vec::width;

// Gates of the weights: z 0, r 1, n 2.
constexpr Columns inputColumns(int64_t H) { return {H, 3, {2, 0, 1}, slots, candidateSlot}; }
constexpr Columns recurrentColumns(int64_t H) { return {H, 3, {0, 1, 2}, slots, updateSlot}; }
constexpr Columns resetGateColumns(int64_t H) { return {H, 2, {0, 1}, slots, updateSlot}; }
constexpr Columns candidateColumns(int64_t H) { return {H, 1, {2}, slots, candidateSlot}; }

inline float* slotOf(float* row, int64_t block, Slot slot) {
  return row + block * blockLanes + slot * Vec::width;
}

/** −1 where z weighs the candidate: how much of hₜ₋₁ is kept is then σ(−z), and all else stays the same. */
constexpr float updateSign(int32_t updateGate) { return updateGate ? -1.0f : 1.0f; }

/** How much of hₜ₋₁ is kept, from the sum of z; this is what lies in the slot of z afterwards. */
inline Vec keptShare(int32_t updateGate, Vec sum) { return sigmoid(broadcast(updateSign(updateGate)) * sum); }

/** bias + recurrentBias, without the candidate's recurrentBias where r multiplies it. */
inline void packGruBias(const contract::GruArguments& a, const Columns& columns, float* packed) {
  packBias(a.bias, columns, packed);
  for (int64_t v = 0; a.recurrentBias && v < columns.vectors(); ++v) {
    const bool isCandidate = v % columns.gates == candidateSlot;
    if (isCandidate && a.resetAfter) continue;
    float* target = packed + v * Vec::width;
    store(target, load(target) + load(a.recurrentBias + columns.offset(v), columns.count(v)));
  }
}

/** Nothing that masks or keeps states. */
inline bool isPlain(const contract::GruArguments& a) {
  return !a.recurrentMask && !a.updateH && a.zoneoutH == 0;
}

template <bool plain>
struct Forward {
  const contract::GruArguments& a;
  Walk walk;
  const SequenceRows& rows;
  const float* kernel;         // [blocks][I][3 · width]
  const float* recurrent;      // reset after: [blocks][H][3 · width]; before: [blocks][H][2 · width]
  const float* candidate;      // reset before: [panels][blocks · width][plainVectors · width]
  const float* bias;           // [blocks][3 · width]
  const float* candidateBias;  // reset after: [blocks · width]
  const MaskedState& masked;
  GateBuffer buffer;
  int64_t turn;  // of a run with a single step

  void run(int part, const SequenceSplit& split, StepGate& gate) const;

 private:
  /** What a step reads and writes: rows of the gate buffer, and [B, H] of the states. */
  struct Step {
    int64_t t;
    float* gates;
    const float* previous;
    const float* left;  // what stands for the state in products
    float* next;
    RowList taken;
  };

  Step stepOf(int part, int64_t s) const;
  void input(int part, int64_t s, Range blocks) const;
  void stepResetAfter(const Step& step, int64_t block) const;
  void resetGates(const Step& step, int64_t block) const;
  void candidates(int64_t s, const Step& step, Range blocks) const;
  void finish(const Step& step, int64_t row, int64_t block, Vec z, Vec n) const;
};

template <bool plain>
struct Backward {
  const contract::GruBackwardArguments& a;
  Walk walk;
  const SequenceRows& rows;
  Transposed
      recurrentTransposed;  // depth: the recurrent gates with reset after, the reset gates with reset before
  Transposed candidateTransposed;  // reset before: depth the candidate
  std::byte* rounded;              // where this part rounds rows of gates
  float* carry;                    // [B, unitStride]: gradient of h that does not come through the gates
  int64_t unitStride;
  int64_t stride;

  float* gatesOf(int64_t s) const { return a.saved + walk.time(s) * a.B * stride; }
  void run(int part, const SequenceSplit& split, StepGate& gate) const;

 private:
  /** What a step reads and writes: rows of the gate buffer, and [B, H] of the rest. */
  struct Step {
    int64_t t;
    float* gates;
    const float* dy;
    const float* previous;
    float* dStates;
  };

  Step stepOf(int64_t s) const;
  template <typename Body>
  void eachUnit(int part, int64_t s, Range blocks, Body&& body) const;
  void cell(const Step& step, int64_t row, int64_t block, Vec dh) const;
  void throughReset(int part, int64_t s, Range blocks) const;
  Vec throughMask(int64_t row, int64_t unit, Vec gradient) const;
};

}  // namespace ostinato::OSTINATO_LEVEL::gruCell
