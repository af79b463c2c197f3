import { describeNative } from './native.js'

describeNative({ OSTINATO_CPU_LEVEL: 'scalar' })
