/** Text of SVG: escaping, rounding, and what pictures of this library look like. */

/** Text as the content of an element or an attribute; characters that XML cannot hold are left out. */
export function escapeXml(text: string): string {
  const held = [...text].filter(
    (c) => /[\t\n\r\u0020-\ud7ff\ue000-\ufffd]/.test(c) || (c.codePointAt(0) ?? 0) > 0xffff,
  )
  return held
    .join('')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

/** At most `length` characters, the last of them an ellipsis where some are missing. */
export function shorten(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

/** A tenth of a pixel is fine enough. */
export function round(x: number): string {
  return String(Math.round(x * 10) / 10)
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly size?: number
  readonly weight?: 'normal' | 'bold'
  readonly fill?: string
  /** A white rim, so that it can be read above lines. */
  readonly rim?: boolean
}

/** One line of text; what has been cut off stays in its title. */
export function textElement(
  x: number,
  y: number,
  text: string,
  options: TextOptions = {},
  length = Number.POSITIVE_INFINITY,
): string {
  const { anchor = 'middle', size = 12, weight = 'normal', fill = '#222', rim = false } = options
  const shown = shorten(text, length)
  const title = shown === text ? '' : `<title>${escapeXml(text)}</title>`
  const attributes = [
    `x="${round(x)}"`,
    `y="${round(y)}"`,
    `text-anchor="${anchor}"`,
    `font-size="${size}"`,
    ...(weight === 'normal' ? [] : [`font-weight="${weight}"`]),
    `fill="${fill}"`,
    ...(rim ? ['stroke="#fff"', 'stroke-width="3"', 'paint-order="stroke"'] : []),
  ]
  return `<text ${attributes.join(' ')}>${title}${escapeXml(shown)}</text>`
}

export const fonts = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif"

/** The whole document: white, so that it is readable on any page. */
export function svgDocument(width: number, height: number, title: string, parts: readonly string[]): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${escapeXml(fonts)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${w}" height="${h}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}
