import { describeNative } from './native.js'

describeNative({ OSTINATO_BLAS: 'none' })
