// What a CPU has beyond its level.
#pragma once

namespace ostinato {

/** What a CPU may have beyond its level; a kernel looks here before it uses one of these. */
struct CpuExtensions {
  /** VPDPBUSD on 512-bit vectors, or SDOT. */
  bool int8Dot;
  /** VDPBF16PS on 512-bit vectors. */
  bool bfloat16Dot;
};

const CpuExtensions& FindCpuExtensions();

}  // namespace ostinato
