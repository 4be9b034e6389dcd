// Makes what strangers wrote safe to lay out: cut where a screen cannot hold it, without what cannot be seen.

import { MAX_NAME_LENGTH, MAX_TEXT_BYTES } from '../../shared/limits.ts'

/** Marks that sit on the letter before them, beyond the few a real word needs. */
const TOO_MANY_MARKS = /(\p{M}{4})\p{M}+/gu
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** A name on one line: no control characters, no direction overrides, at most 64 characters. */
export function shownName(name: string): string {
  const clean = name
    .slice(0, 8 * MAX_NAME_LENGTH)
    .replace(CONTROLS, ' ')
    .replace(TOO_MANY_MARKS, '$1')
    .trim()
  const characters = Array.from(clean)
  return characters.length <= MAX_NAME_LENGTH ? clean : `${characters.slice(0, MAX_NAME_LENGTH).join('')}…`
}

/** A text as it was written. One that exceeds what may be sent is cut: laying out a megabyte would hold up the window. */
export function shownText(text: string): string {
  return (text.length <= MAX_TEXT_BYTES ? text : `${text.slice(0, MAX_TEXT_BYTES)}…`).replace(TOO_MANY_MARKS, '$1')
}

/** One or two letters for a round picture. */
export function initials(name: string): string {
  const words = shownName(name)
    .split(/[\s._-]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
  const [first = '', second] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  const letters = second ? letterOf(first) + letterOf(second) : Array.from(first).slice(0, 2).join('')
  return letters.toUpperCase()
}

function letterOf(word: string): string {
  return /[\p{L}\p{N}]/u.exec(word)?.[0] ?? ''
}
