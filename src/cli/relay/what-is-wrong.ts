// What is wrong with a setting, in words for whoever wrote it, and where.

import type { z } from 'zod'

/** One for each that is wrong: what is no setting is told together, and of where it stands. */
export function placesOf(issue: z.core.$ZodIssue): readonly (readonly PropertyKey[])[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
}

/** Of what the schema has no words of its own for. */
export function whatIsWrong(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `is not ${KINDS.get(issue.expected) ?? issue.expected}`
    case 'too_small':
      return `is ${issue.inclusive === false ? 'not above' : 'below'} ${issue.minimum}`
    case 'too_big':
      return `is above ${issue.maximum}`
    case 'unrecognized_keys':
      return 'is no setting'
    default:
      return undefined
  }
}

/** As a person says it. */
const KINDS = new Map<string, string>([
  ['string', 'a text'],
  ['boolean', 'true or false'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['array', 'a list'],
  ['object', 'an object'],
])
