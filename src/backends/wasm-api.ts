/**
 * The part of the WebAssembly interface that is used here. Declared by hand: neither the language's nor Node's type
 * library has it, and a browser's would bring every other browser global along.
 */
export interface WasmMemory {
  /** A new object after each growth; the old one is detached. */
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** A compiled module (`WebAssembly.Module`), opaque. */
export type WasmModule = object

interface WebAssemblyInterface {
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum?: number }) => WasmMemory
  readonly Module: {
    exports(module: WasmModule): readonly { readonly name: string }[]
  }
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown }
  compile(bytes: ArrayBuffer | ArrayBufferView): Promise<WasmModule>
}

/** What `ostinato.wasm` exports (assembly/index.ts). */
export interface WasmExports {
  contract(): number
  scratchBytes(row: number): number
  run(
    rows: number,
    first: number,
    count: number,
    loops: number,
    loopCount: number,
    status: number,
    scratch: number,
  ): number
}

/** Undefined where the runtime has no WebAssembly. */
export const webAssembly = (globalThis as { readonly WebAssembly?: WebAssemblyInterface }).WebAssembly
