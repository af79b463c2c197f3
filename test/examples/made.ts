/** Files in the formats of the data sets, made from a few numbers. */

/** Unsigned bytes as an IDX file. */
export function idx(shape: readonly number[], data: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.set([0, 0, 8, shape.length])
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis)
  return Buffer.concat([header, Uint8Array.from(data)])
}

/** Samples in [−1, 1) as a WAV file: one channel, 16 bits. An odd chunk that means nothing stands before them. */
export function wav(samples: ArrayLike<number>, sampleRate: number): Buffer {
  const chunk = (name: string, content: Buffer): Buffer => {
    const header = Buffer.alloc(8)
    header.write(name, 'latin1')
    header.writeUInt32LE(content.length, 4)
    return Buffer.concat([header, content, Buffer.alloc(content.length & 1)])
  }
  const format = Buffer.alloc(16)
  format.writeUInt16LE(1, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(sampleRate, 4)
  format.writeUInt32LE(2 * sampleRate, 8)
  format.writeUInt16LE(2, 12)
  format.writeUInt16LE(16, 14)
  const data = Buffer.from(Int16Array.from(samples, (x) => Math.round(x * 32768)).buffer)
  const chunks = [chunk('fmt ', format), chunk('note', Buffer.from('odd')), chunk('data', data)]
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]))
}
