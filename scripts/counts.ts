// Counts what passed, failed and was skipped, from the JSON reports of vitest and Playwright, and names what failed.

import { existsSync, readFileSync } from 'node:fs'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What failed and why, a text for each: to be read where all that was printed above it is no longer at hand. */
  readonly failures: readonly string[]
}

/** The fields we read of vitest's JSON report. A file that could not be loaded, or whose hook failed, has failed without any failed test. */
interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly VitestFile[]
}

interface VitestFile {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: readonly {
    readonly status: string
    readonly fullName: string
    readonly failureMessages: readonly string[]
  }[]
}

/** The fields we read of Playwright's JSON report; `errors` are those outside any test. */
interface PlaywrightReport {
  readonly stats: {
    readonly expected: number
    readonly unexpected: number
    readonly flaky: number
    readonly skipped: number
  }
  readonly suites: readonly PlaywrightSuite[]
  readonly errors: readonly PlaywrightError[]
}

/** A file, or a `describe` in it. */
interface PlaywrightSuite {
  readonly title: string
  readonly file: string
  readonly suites?: readonly PlaywrightSuite[]
  readonly specs: readonly {
    readonly title: string
    readonly tests: readonly {
      readonly status: string
      readonly results: readonly { readonly errors: readonly PlaywrightError[] }[]
    }[]
  }[]
}

interface PlaywrightError {
  readonly message?: string
}

/** Of one failure: what went wrong is said first, and what follows stands in full further up. */
const failureLines = 12

export const none: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] }

/** One check that is no test: `failure` says what failed. */
export function oneCheck(passed: boolean, failure: string): Counts {
  return passed ? { ...none, passed: 1 } : { ...none, failed: 1, failures: [failure] }
}

export function sum(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
  }
}

export function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** What another `npm test` counted, by the line it closed with. One that was cut short is a failure. It named its own. */
export function countClosed(output: string, exitCode: number): Counts {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  const [, passed, failed, skipped = 0] = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last) ?? []
  if (passed === undefined) return oneCheck(false, `cut short, with ${exitCode}`)
  const counts = { ...none, passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }
  return believingExitCode(counts, exitCode)
}

export function countVitest(report: string, exitCode: number): Counts {
  const read = readReport<VitestReport>(report)
  if (!read) return oneCheck(false, `vitest left no report, and ended with ${exitCode}`)
  const broken = read.testResults.filter(hasFailedItself)
  const counts = {
    passed: read.numPassedTests,
    failed: read.numFailedTests + broken.length,
    skipped: read.numPendingTests + read.numTodoTests,
    failures: read.testResults.flatMap(failuresOf),
  }
  return believingExitCode(counts, exitCode)
}

function hasFailedItself(file: VitestFile): boolean {
  return file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')
}

function failuresOf(file: VitestFile): readonly string[] {
  if (hasFailedItself(file)) return [described(file.name, file.message)]
  return file.assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => described(`${file.name} › ${test.fullName}`, test.failureMessages.join('\n')))
}

export function countPlaywright(report: string, exitCode: number): Counts {
  const read = readReport<PlaywrightReport>(report)
  if (!read) return oneCheck(false, `Playwright left no report, and ended with ${exitCode}`)
  const { expected, unexpected, flaky, skipped } = read.stats
  const outside = read.errors.map((error) => described('outside any test', error.message ?? ''))
  const counts = {
    passed: expected,
    failed: unexpected + flaky + read.errors.length,
    skipped,
    failures: [...read.suites.flatMap(failuresIn), ...outside],
  }
  return believingExitCode(counts, exitCode)
}

function failuresIn(suite: PlaywrightSuite): readonly string[] {
  const own = suite.specs.flatMap((spec) =>
    spec.tests
      .filter((test) => test.status === 'unexpected' || test.status === 'flaky')
      .map((test) => {
        const messages = test.results.flatMap((result) => result.errors.map((error) => error.message ?? ''))
        return described(`${suite.file} › ${spec.title}`, messages.join('\n'))
      }),
  )
  return [...own, ...(suite.suites ?? []).flatMap(failuresIn)]
}

function described(name: string, why: string): string {
  const lines = why.trimEnd().split('\n')
  const said = lines.length > failureLines ? [...lines.slice(0, failureLines), '…'] : lines
  return [name, ...said.map((line) => `    ${line}`)].join('\n')
}

/** An unhappy exit with no failure in the report, such as an unhandled rejection, is a failure too. */
function believingExitCode(counts: Counts, exitCode: number): Counts {
  if (exitCode === 0 || counts.failed > 0) return counts
  return sum(counts, oneCheck(false, `ended with ${exitCode}, though every test passed`))
}

function readReport<Report>(path: string): Report | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : undefined
}
