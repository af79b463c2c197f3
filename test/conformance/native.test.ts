import { describeNative } from './native.js'

describeNative({})
