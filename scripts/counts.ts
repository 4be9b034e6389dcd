// Counts what passed, failed and was skipped, from the JSON reports of vitest and Playwright.

import { existsSync, readFileSync } from 'node:fs'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The fields we read of vitest's JSON report. A file that could not be loaded is failed and has no assertions. */
interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** The fields we read of Playwright's JSON report; `errors` are those outside any test. */
interface PlaywrightReport {
  readonly stats: {
    readonly expected: number
    readonly unexpected: number
    readonly flaky: number
    readonly skipped: number
  }
  readonly errors: readonly unknown[]
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0 }

export function sum(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  }
}

export function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** What another `npm test` counted, by the line it closed with. One that was cut short is a failure. */
export function countClosed(output: string, exitCode: number): Counts {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  const [, passed, failed, skipped = 0] = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last) ?? []
  if (passed === undefined) return { ...none, failed: 1 }
  return believingExitCode({ passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }, exitCode)
}

export function countVitest(report: string, exitCode: number): Counts {
  const read = readReport<VitestReport>(report)
  if (!read) return { ...none, failed: 1 }
  const broken = read.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  const counts = {
    passed: read.numPassedTests,
    failed: read.numFailedTests + broken.length,
    skipped: read.numPendingTests + read.numTodoTests,
  }
  return believingExitCode(counts, exitCode)
}

export function countPlaywright(report: string, exitCode: number): Counts {
  const read = readReport<PlaywrightReport>(report)
  if (!read) return { ...none, failed: 1 }
  const { expected, unexpected, flaky, skipped } = read.stats
  const counts = { passed: expected, failed: unexpected + flaky + read.errors.length, skipped }
  return believingExitCode(counts, exitCode)
}

/** An unhappy exit with no failure in the report, such as an unhandled rejection, is a failure too. */
function believingExitCode(counts: Counts, exitCode: number): Counts {
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

function readReport<Report>(path: string): Report | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : undefined
}
