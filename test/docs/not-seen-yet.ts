// Rules that no test is named after yet. The list only shrinks: test/docs/rules.test.ts tells when one may go.

export const notSeenYet: readonly string[] = []
