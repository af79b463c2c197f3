/** Images and what a model said of them. */

export interface CaptionedImage {
  /** From 0 to 1, row by row. */
  readonly pixels: ArrayLike<number>
  readonly caption: string
  /** Wrong captions are red. */
  readonly right: boolean
}

/** Shades of ink that are told apart. */
const shades = 4

/** The pixels of a shade as one path: along each row, from where it begins to where it ends. */
function inkPath(pixels: ArrayLike<number>, side: number, shade: number): string {
  const runs: string[] = []
  for (let row = 0; row < side; row++) {
    for (let column = 0, end = 0; column < side; column = end + 1) {
      end = column
      while (end < side && Math.round(pixels[row * side + end]! * shades) === shade) end++
      if (end > column) runs.push(`M${column} ${row}h${end - column}v1h-${end - column}z`)
    }
  }
  return runs.join('')
}

/** Square images of `side` pixels in rows of `columns`, each above its caption, as SVG. */
export function captionsSvg(images: readonly CaptionedImage[], side: number, columns: number): string {
  const [cell, line] = [64, 84]
  const [width, height] = [columns * cell, Math.ceil(images.length / columns) * line]
  const cells = images.map(({ pixels, caption, right }, i) => {
    const inks = Array.from({ length: shades }, (_, ink) => {
      const path = inkPath(pixels, side, ink + 1)
      return path && `<path d="${path}" fill-opacity="${(ink + 1) / shades}"/>`
    })
    const [x, y] = [(i % columns) * cell + 4, Math.floor(i / columns) * line + 4]
    const color = right ? '#000' : '#b00020'
    return [
      `<g transform="translate(${x} ${y}) scale(${(cell - 8) / side})">${inks.join('')}</g>`,
      `<text x="${x + cell / 2 - 4}" y="${y + cell + 8}" text-anchor="middle" fill="${color}">${caption}</text>`,
    ].join('\n')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="14">`,
    '<title>Images, and what they were called</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...cells,
    '</svg>',
    '',
  ].join('\n')
}
