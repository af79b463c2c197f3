/**
 * Philox4x32-10 (Salmon et al. 2011): ten rounds over a counter of four words under a key of two. Writes four words.
 */
export function philox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32, target: usize): void {
  for (let round = 0; round < 10; round++) {
    const a = <u64>c0 * 0xd2511f53
    const b = <u64>c2 * 0xcd9e8d57
    c0 = <u32>(b >> 32) ^ c1 ^ k0
    c1 = <u32>b
    c2 = <u32>(a >> 32) ^ c3 ^ k1
    c3 = <u32>a
    k0 += 0x9e3779b9
    k1 += 0xbb67ae85
  }
  store<u32>(target, c0)
  store<u32>(target, c1, 4)
  store<u32>(target, c2, 8)
  store<u32>(target, c3, 12)
}
