// Turns the key of a sentence and its values into what people read.

import IntlMessageFormat from 'intl-messageformat'
import { type SentenceKey, sentences } from './sentences.ts'

const LANGUAGE = 'en'
const parsed = new Map<SentenceKey, IntlMessageFormat>()

/** Right-to-left letters and the signs that steer direction. */
const STEERS_DIRECTION = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/

/** What ICU reads as more than letters. */
const SIGNS = /[{}<>']/

export function say(key: SentenceKey, values: Readonly<Record<string, string | number>> = {}): string {
  // Most sentences have none: there is nothing to parse in them.
  if (!SIGNS.test(sentences[key])) return sentences[key]
  let format = parsed.get(key)
  if (!format) {
    format = new IntlMessageFormat(sentences[key], LANGUAGE)
    parsed.set(key, format)
  }
  const isolated = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isolate(value)]))
  return String(format.format(isolated))
}

/** A name that runs the other way must not turn the sentence around it: U+2068 … U+2069 fence it off. */
function isolate(value: string | number): string | number {
  return typeof value === 'string' && STEERS_DIRECTION.test(value) ? `\u2068${value}\u2069` : value
}
