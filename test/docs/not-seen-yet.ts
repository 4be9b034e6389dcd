// Rules that no test is named after yet. The list only shrinks: test/docs/rules.test.ts tells when one may go.

export const notSeenYet: readonly string[] = [
  'F21',
  'F32',
  'F33',
  'F34',
  'F35',
  'F36',
  'F37',
  'D11',
  'P116',
  'P131',
  'P132',
  'P133',
  'P134',
  'P135',
  'P136',
  'P143',
]
