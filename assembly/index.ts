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

/** Of a loop: its first instruction, instructions in its body, steps, reverse, address and count of its moving operands. */
const loopBytes: usize = 24

/** Moves the operands of a loop to a step. Each is [address of the word in its row, start, stride in bytes]. */
function moveTo(loop: usize, step: i32): void {
  let moving = <usize>load<u32>(loop, 16)
  for (let i = load<i32>(loop, 20); i > 0; i--, moving += 12) {
    store<u32>(load<u32>(moving), load<u32>(moving, 4) + <u32>step * load<u32>(moving, 8))
  }
}

/** Runs `count` rows, the instructions from `first` on. */
function runRows(rows: usize, count: i32, first: i32, status: usize, scratch: usize): i32 {
  let row = rows
  for (let i = 0; i < count; i++) {
    const outcome = execute(row, scratch, status)
    if (outcome != Status.ok) {
      store<i32>(status, outcome)
      store<i32>(status, first + i, 4)
      return outcome
    }
    row += load<i32>(row, 4)
  }
  return Status.ok
}

function behind(rows: usize, count: i32): usize {
  let row = rows
  for (let i = 0; i < count; i++) row += load<i32>(row, 4)
  return row
}

/**
 * Runs the `count` bound instructions from `first` on, one row behind the other, the bodies of the loops among them once for
 * every step. Writes [status, instruction, detail, detail] and returns the status. Scratch holds as much as the most
 * demanding row asks for.
 */
export function run(
  rows: usize,
  first: i32,
  count: i32,
  loops: usize,
  loopCount: i32,
  status: usize,
  scratch: usize,
): i32 {
  store<i32>(status, 0, 8)
  store<i32>(status, 0, 12)
  let row = rows
  let done = first
  for (let l = 0; l < loopCount; l++) {
    const loop = loops + <usize>l * loopBytes
    const begin = load<i32>(loop)
    const body = load<i32>(loop, 4)
    const steps = load<i32>(loop, 8)
    let outcome = runRows(row, begin - done, done, status, scratch)
    if (outcome != Status.ok) return outcome
    row = behind(row, begin - done)
    for (let i = 0; i < steps && outcome == Status.ok; i++) {
      moveTo(loop, load<i32>(loop, 12) ? steps - 1 - i : i)
      outcome = runRows(row, body, begin, status, scratch)
    }
    moveTo(loop, 0)
    if (outcome != Status.ok) return outcome
    row = behind(row, body)
    done = begin + body
  }
  const outcome = runRows(row, first + count - done, done, status, scratch)
  if (outcome != Status.ok) return outcome
  store<i32>(status, Status.ok)
  store<i32>(status, 0, 4)
  return Status.ok
}
