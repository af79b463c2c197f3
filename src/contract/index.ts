export * from './instructions/index.js'
export * from './program.js'
export * from './specification.js'
export * from './table.js'
