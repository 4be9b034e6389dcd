// Rules that no test is named after yet. The list only shrinks: test/docs/rules.test.ts tells when one may go.

export const notSeenYet: readonly string[] = [
  'F21',
  'F29',
  'F32',
  'F33',
  'F34',
  'F35',
  'F36',
  'F37',
  'G1',
  'G4',
  'G5',
  'G8',
  'G9',
  'G10',
  'D5',
  'D6',
  'D9',
  'D10',
  'D11',
]
