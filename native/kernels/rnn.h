// The activations of rnn.
#pragma once
#include "activations.h"

namespace ostinato::OSTINATO_LEVEL {

enum Activation : int32_t { hyperbolicTangent, rectified, identity };

inline Vec activate(int32_t activation, Vec x) {
  if (activation == hyperbolicTangent) return tanh(x);
  return activation == rectified ? relu(x) : x;
}

/** dh times the derivative of the activation, taken from its output h. */
inline Vec derive(int32_t activation, Vec h, Vec dh) {
  if (activation == hyperbolicTangent) return dh * (broadcast(1.0f) - h * h);
  return activation == rectified ? select(h > zero(), dh, zero()) : dh;
}

}  // namespace ostinato::OSTINATO_LEVEL
