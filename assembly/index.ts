import { contractHash, Status } from './generated/contract'
import { execute, scratchOf } from './interpreter'

/** Which contract the rows must follow. */
export function contract(): i32 {
  return contractHash
}

/** Bytes of scratch that the bound instruction at `row` works in. */
export function scratchBytes(row: usize): f64 {
  return <f64>scratchOf(row)
}

/**
 * Runs `count` bound instructions, one row behind the other. Writes [status, position among these rows, detail, detail]
 * and returns the status. Scratch holds as much as the most demanding row asks for.
 */
export function run(rows: usize, count: i32, status: usize, scratch: usize): i32 {
  store<i32>(status, 0, 8)
  store<i32>(status, 0, 12)
  let row = rows
  for (let i = 0; i < count; i++) {
    const outcome = execute(row, scratch, status)
    if (outcome != Status.ok) {
      store<i32>(status, outcome)
      store<i32>(status, i, 4)
      return outcome
    }
    row += load<i32>(row, 4)
  }
  store<i32>(status, Status.ok)
  store<i32>(status, 0, 4)
  return Status.ok
}
