// What masks do to the states of a walk: recurrentMask to hₜ₋₁ in products, updateH and updateC to what a
// step changes.
#pragma once
#include "sequence.h"

namespace ostinato::OSTINATO_LEVEL {

inline Vec product(Vec a, Vec b) { return a * b; }

/** hₜ₋₁ ∗ mask, which stands in products with recurrent weights; without a mask hₜ₋₁ as it lies. */
class MaskedState {
 public:
  /** mask [B, H] or null; false: out of memory. */
  bool reserve(Workspace& workspace, const float* mask, int64_t B, int64_t H, const SequenceSplit& split) {
    mask_ = mask;
    H_ = H;
    if (!mask) return true;
    // Split by rows, each part has its own of them; by units, each needs all.
    ofPart_ = split.byUnits ? B * H : 0;
    memory_ = workspace.scratch(scratch::maskedState, (split.byUnits ? split.parts : 1) * B * H);
    return memory_ != nullptr;
  }

  /** [B, H], of which the rows that a part takes at a step are there. */
  const float* of(int part, const float* h, const RowList& taken) const {
    if (!mask_) return h;
    float* target = memory_ + part * ofPart_;
    for (int64_t i = 0; i < taken.count; ++i) {
      const int64_t at = taken[i] * H_;
      map(h + at, mask_ + at, target + at, H_, product);
    }
    return target;
  }

 private:
  const float* mask_ = nullptr;
  float* memory_ = nullptr;
  int64_t ofPart_ = 0;
  int64_t H_ = 0;
};

/** h [T, B, H] ∗ mask [B, H] at all steps; without a mask h as it lies. Null: out of memory. */
inline const float* maskedStates(Workspace& workspace, const float* h, const float* mask, int64_t T,
                                 int64_t B, int64_t H) {
  if (!mask) return h;
  float* target = workspace.scratch(scratch::maskedStates, T * B * H);
  if (!target) return nullptr;
  forShares(workspace, T, B * H, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) map(h + t * B * H, mask, target + t * B * H, B * H, product);
  });
  return target;
}

/** Where the masks of a step lie, from one row and unit on; null: none. */
inline const float* updateAt(const float* update, int64_t step, int64_t at) {
  return update ? update + step + at : nullptr;
}

inline Mask isUpdated(const float* update, int64_t count) { return absolute(load(update, count)) > zero(); }

/** The state of units after a step: by `update` the new one or the one before, without it a share of each. */
inline Vec keep(const float* update, float share, Vec before, Vec next, int64_t count) {
  if (update) return select(isUpdated(update, count), next, before);
  // A product with 0 would not do where a state is infinite.
  if (share == 0) return next;
  return fma(broadcast(share), before - next, next);
}

/** The gradient of a state, as what goes to the state before because it was kept, and to the new one. */
struct SplitGradient {
  Vec kept;
  Vec taken;
};

inline SplitGradient splitGradient(const float* update, Vec gradient, int64_t count) {
  if (!update) return {zero(), gradient};
  const Mask updated = isUpdated(update, count);
  return {select(updated, zero(), gradient), select(updated, gradient, zero())};
}

/** body(bool_constant): what is not plain asks, a vector at a time, for masks and what else it may have. */
template <typename Body>
void withPlain(bool isPlain, Body&& body) {
  if (isPlain) return body(std::true_type{});
  body(std::false_type{});
}

}  // namespace ostinato::OSTINATO_LEVEL
