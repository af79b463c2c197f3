/** The version of the contract between this module and its loader. */
export function abi(): i32 {
  return 0
}
