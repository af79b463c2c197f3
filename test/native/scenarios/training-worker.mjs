// A worker thread does not inherit the loader of TypeScript.
import { parentPort, workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
const { train } = await import('./training.ts')
parentPort.postMessage(await train(workerData.shape, workerData.seed))
