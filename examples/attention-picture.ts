/** Where a model looked: rows are what it said, columns what it read, dark where it looked. */

const shades = [' ', '░', '▒', '▓', '█']

export interface AttentionPicture {
  /** What was read, a column each. */
  readonly source: readonly string[]
  /** What was said, a row each. */
  readonly target: readonly string[]
  /** [target, source steps], each row a distribution; further columns are left out. */
  readonly weights: ArrayLike<number>
  /** Source steps in a row of the weights. */
  readonly columns: number
}

const weight = ({ weights, columns }: AttentionPicture, row: number, column: number): number =>
  weights[row * columns + column] ?? 0

/** For the terminal. */
export function attentionText(picture: AttentionPicture): string {
  const { source, target } = picture
  const margin = Math.max(...target.map((token) => token.length)) + 2
  const rows = target.map((token, row) => {
    const cells = source.map((_, column) => {
      const shade = shades[Math.min(shades.length - 1, Math.round(weight(picture, row, column) * 4))]
      return `${shade}${shade} `
    })
    return `${token.padStart(margin - 1)} ${cells.join('')}`
  })
  return [`${' '.repeat(margin)}${source.map((token) => token.padEnd(3)).join('')}`, ...rows].join('\n')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The same as SVG. */
export function attentionSvg(picture: AttentionPicture): string {
  const { source, target } = picture
  const [cell, left, top] = [28, 60, 40]
  const [width, height] = [left + source.length * cell + 10, top + target.length * cell + 10]
  const cells = target.flatMap((_, row) =>
    source.map((_, column) => {
      const opacity = Math.min(1, weight(picture, row, column)).toFixed(3)
      const place = `x="${left + column * cell}" y="${top + row * cell}" width="${cell}" height="${cell}"`
      return `<rect ${place} fill="#1f4e9c" fill-opacity="${opacity}" stroke="#ddd"/>`
    }),
  )
  const columns = source.map(
    (token, i) =>
      `<text x="${left + (i + 0.5) * cell}" y="${top - 10}" text-anchor="middle">${escaped(token)}</text>`,
  )
  const rows = target.map(
    (token, i) =>
      `<text x="${left - 10}" y="${top + (i + 0.65) * cell}" text-anchor="end">${escaped(token)}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="14">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...cells,
    ...columns,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}
