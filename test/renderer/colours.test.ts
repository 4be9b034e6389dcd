// Contrast, computed from the tokens themselves: text 4.5:1 on every surface it stands on, in both themes.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const styles = ['tokens', 'people']
  .map((name) => readFileSync(new URL(`../../src/renderer/styles/${name}.css`, import.meta.url), 'utf8'))
  .join('\n')

function tokens(theme: 'light' | 'dark'): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, selector = '', body = ''] of styles.matchAll(/(:root|\[data-theme=["']dark["']\])\s*\{([^}]*)\}/g)) {
    if (selector !== ':root' && theme === 'light') continue
    for (const [, name = '', value = ''] of body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)) found.set(name, value)
  }
  return found
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

const names = [1, 2, 3, 4, 5, 6]
const pairs: ReadonlyArray<readonly [text: string, ground: string]> = [
  ...['surface-0', 'surface-1', 'surface-2', 'surface-3', 'surface-4', 'bubble-other'].map(
    (ground) => ['ink-1', ground] as const,
  ),
  ...['surface-1', 'surface-2', 'surface-3', 'surface-4', 'bubble-other'].map((ground) => ['ink-2', ground] as const),
  ...['surface-1', 'surface-2'].map((ground) => ['ink-3', ground] as const),
  ...['surface-1', 'surface-2'].map((ground) => ['accent', ground] as const),
  ['accent-strong', 'surface-4'],
  ['accent-strong', 'surface-3'],
  ['on-accent', 'accent'],
  ['on-bubble-own', 'bubble-own'],
  ['on-bubble-own-2', 'bubble-own'],
  ['read', 'bubble-own'],
  ['failed', 'bubble-own'],
  ['danger', 'surface-2'],
  ['danger', 'surface-3'],
  ['ok', 'surface-2'],
  ['warn', 'surface-2'],
  ['ink-1', 'warn-soft'],
  ['ink-1', 'danger-soft'],
  ...names.map((name) => [`name-${name}`, 'bubble-other'] as const),
  ...names.map((name) => ['on-person', `person-${name}`] as const),
]

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  const colours = tokens(theme)
  test.each(pairs)('%s on %s', (text, ground) => {
    const [above, below] = [colours.get(text), colours.get(ground)]
    if (!above || !below) throw new Error(`no such token: ${above ? ground : text}`)
    expect(contrast(above, below)).toBeGreaterThanOrEqual(4.5)
  })
})
