/** What the benchmarks write with `--json`: an array of these. */

/** Where a figure belongs. `case`, `cell` and `mode` name the work, `engine` and `threads` who did it. */
export interface Place {
  readonly suite: string
  /** `char-small`, `stream-128`, `char-lm`, … */
  readonly case: string
  /** `lstm`, `gru`, `rnn`, with `-bidirectional` or `-ragged`; `-` where no cell is involved. */
  readonly cell: string
  readonly mode: string
  /** `native-avx2`, `native-scalar`, `wasm`, … */
  readonly engine: string
  readonly threads: number
}

/** Our own work. */
export interface OwnRow extends Place {
  readonly suite: 'layers' | 'steps' | 'training' | 'kernels'
  /** Milliseconds of one run: median over trials of the medians within each. */
  readonly ms: number
  /** (slowest − fastest trial) ∕ ms */
  readonly spread: number
  /** 10⁹ multiplications and additions a second; absent where the work is moving data. */
  readonly gflops?: number
  /** 10⁹ bytes a second that the work must read and write at least; absent where it is arithmetic. */
  readonly gigabytes?: number
  /** Share of the machine's limit for as many threads: multiply-adds, or reading. Absent without limits. */
  readonly ofPeak?: number
  /** Peak resident set of the process until the end of this run, in bytes; for training. */
  readonly peakBytes?: number
}

/** What the machine can do at most. */
export interface LimitRow extends Place {
  readonly suite: 'limits'
  /** float32 multiply-adds, each counted as two; of all threads together. */
  readonly gflops?: number
  /** Read bandwidth of all threads together, in 10⁹ bytes a second. */
  readonly gigabytes?: number
  /** Bytes read again and again by each thread. */
  readonly workingSet?: number
}

/** The same work on us and on a peer, in turn. */
export interface PeerRow extends Place {
  readonly suite: 'peers'
  /** `pytorch-2.13.0+cpu`, `onnxruntime-node-1.30.0`, … */
  readonly peer: string
  readonly ms: number
  readonly peerMs: number
  /** peerMs ∕ ms: above 1 we are faster. */
  readonly ratio: number
  readonly spread: number
  readonly peerSpread: number
}

/** A peer and we gave different answers, so nothing was timed. */
export interface WrongRow extends Place {
  readonly suite: 'peers'
  readonly peer: string
  readonly wrong: true
  readonly difference: string
}

/** Peak resident set of a whole process that did nothing but this. */
export interface MemoryRow extends Place {
  readonly suite: 'memory'
  readonly peer: string
  readonly bytes: number
  readonly peerBytes: number
  /** peerBytes ∕ bytes: above 1 we need less. */
  readonly ratio: number
}

/** One size of the sweep against the cost model, or denormal inputs against normal ones. */
export interface CliffRow extends Place {
  readonly suite: 'cliffs'
  readonly ms: number
  readonly expectedMs: number
  /** ms ∕ expectedMs */
  readonly ratio: number
}

export type Row = OwnRow | LimitRow | PeerRow | WrongRow | MemoryRow | CliffRow

/** `layers/mid/lstm/train/native-avx2/2`: what `--only` is matched with. */
export function placeName({ suite, case: of, cell, mode, engine, threads }: Place): string {
  return [suite, of, cell, mode, engine, threads].join('/')
}
