import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const sheets = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.css'))
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  .join('\n')

const schemes = ['light', 'dark'] as const
type Scheme = (typeof schemes)[number]
/** Each custom property with its colour in either scheme. */
const colours = new Map(
  [...sheets.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }] as const,
  ),
)

/** WCAG 2.2: relative luminance of an sRGB colour. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string, scheme: Scheme): number {
  const lights = [one, other].map((name) => luminance(colours.get(name)?.[scheme] ?? name))
  return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05)
}

const grounds = ['ground', 'surface', 'sunken']
const verdicts = ['good', 'waiting', 'broken', 'off']
/** Text on what may lie under it. */
const texts: readonly (readonly [text: string, under: string])[] = [
  ...grounds.flatMap((under) =>
    ['text', 'soft', 'accent', 'waiting', 'broken'].map((text) => [text, under] as const),
  ),
  ...verdicts.flatMap((tone) => [
    [tone, `${tone}-ground`] as const,
    ['text', `${tone}-ground`] as const,
    ['waiting', `${tone}-ground`] as const,
  ]),
  ['soft', 'broken-ground'],
  ['on-accent', 'accent'],
  ['surface', 'broken'],
]
/** What is told from its surroundings by its edge alone: fields, focus, what is withheld. */
const edges = grounds.flatMap((under) => ['accent', 'soft'].map((edge) => [edge, under] as const))

describe.each(schemes)('the colours of the console, %s', (scheme) => {
  it.each(texts)('text in %s is readable on %s (WCAG 1.4.3: 4.5 to 1)', (text, under) => {
    expect(contrast(text, under, scheme)).toBeGreaterThanOrEqual(4.5)
  })
  it.each(edges)('an edge in %s is seen on %s (WCAG 1.4.11: 3 to 1)', (edge, under) => {
    expect(contrast(edge, under, scheme)).toBeGreaterThanOrEqual(3)
  })
})

it('no colour of the stylesheets is left out', () => {
  const judged = new Set([...texts, ...edges].flat())
  // Lines between rows carry no meaning of their own.
  expect([...colours.keys()].filter((name) => !judged.has(name))).toEqual(['line'])
  const withoutDefinitions = sheets.replaceAll(/--[a-z-]+: light-dark\([^)]*\)/g, '')
  expect(withoutDefinitions.match(/#[0-9a-f]{3,8}\b|rgb\(|hsl\(|opacity/gi)).toBeNull()
})
