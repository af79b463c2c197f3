import { describeNative } from './native.js'

describeNative({ OSTINATO_THREADS: '1' })
