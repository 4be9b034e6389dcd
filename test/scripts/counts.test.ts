// The closing line of `npm test`: it must never be kinder than what happened.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { countClosed, countPlaywright, countVitest, none, sum, summary } from '../../scripts/counts.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'counts-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function report(content: object): string {
  const path = join(folder, 'report.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}

describe('vitest', () => {
  const happy = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, testResults: [] }

  test('passed and skipped tests are counted', () => {
    expect(countVitest(report(happy), 0)).toEqual({ passed: 3, failed: 0, skipped: 1 })
  })

  test('a file that could not be loaded is a failure, though it holds no test', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(countVitest(report({ ...happy, testResults }), 1)).toEqual({ passed: 3, failed: 1, skipped: 1 })
  })

  test('an unhappy exit is a failure, though every test passed', () => {
    expect(countVitest(report(happy), 1)).toEqual({ passed: 3, failed: 1, skipped: 1 })
  })

  test('no report is a failure', () => {
    expect(countVitest(join(folder, 'none.json'), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('Playwright', () => {
  test('a flaky test and an error outside any test are failures', () => {
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }
    expect(countPlaywright(report({ stats, errors: [{}] }), 1)).toEqual({ passed: 4, failed: 3, skipped: 2 })
  })
})

test('the line names what was skipped only if something was', () => {
  const one = { ...none, passed: 1 }
  expect(summary(sum(one, one))).toBe('2 passed, 0 failed')
  expect(summary({ ...one, skipped: 2 })).toBe('1 passed, 0 failed, 2 skipped')
})

describe('another run, by its closing line', () => {
  test.each([
    [3, 0, 0, 0],
    [2590, 2, 7, 1],
  ])('what it counted: %i, %i, %i', (passed, failed, skipped, exitCode) => {
    const counts = { passed, failed, skipped }
    const output = `== e2e: 9 passed, 9 failed in 1 s\n${summary(counts)}\n`
    expect(countClosed(output, exitCode)).toEqual(counts)
  })

  test('cut short it is a failure, and so is an unhappy exit', () => {
    expect(countClosed('== e2e: 9 passed, 0 failed in 1 s\n', 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(countClosed('', 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(countClosed('9 passed, 0 failed\n', 1)).toEqual({ passed: 9, failed: 1, skipped: 0 })
  })
})
