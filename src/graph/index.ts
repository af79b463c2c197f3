export * from './cells.js'
export { appendGradients } from './differentiate.js'
export * from './dimension.js'
export { differentiable } from './gradients.js'
export * from './graph.js'
export * from './losses.js'
export { lower } from './lower.js'
export * from './operations.js'
export { liveNodes, planMemory } from './plan.js'
export * from './program.js'
export {
  eachRow,
  type MoreStates,
  type ScanOptions,
  type ScanState,
  scan,
  sequenceMask,
  type Tensors,
} from './scan.js'
export * from './steps.js'
export * from './windows.js'
