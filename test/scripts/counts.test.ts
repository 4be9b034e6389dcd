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
    expect(countVitest(report(happy), 0)).toEqual({ passed: 3, failed: 0, skipped: 1, failures: [] })
  })

  test('what failed is named, with the beginning of why', () => {
    const why = ['AssertionError: 1 is not 2', ...Array.from({ length: 30 }, (_, line) => `at line ${line}`)].join('\n')
    const assertionResults = [
      { status: 'passed', fullName: 'the house stands', failureMessages: [] },
      { status: 'failed', fullName: 'the roof holds', failureMessages: [why] },
    ]
    const testResults = [{ name: 'house.test.ts', status: 'failed', message: '', assertionResults }]
    const counts = countVitest(report({ ...happy, numFailedTests: 1, testResults }), 1)
    expect(counts).toMatchObject({ passed: 3, failed: 1, failures: [expect.stringContaining('1 is not 2')] })
    expect(counts.failures[0]).toMatch(/^house\.test\.ts › the roof holds\n/)
    expect(counts.failures[0]?.split('\n').length).toBeLessThan(20)
  })

  test.each([
    ['could not be loaded', []],
    ['has a hook that failed', [{ status: 'skipped', fullName: 'the roof holds', failureMessages: [] }]],
  ])('a file that %s is a failure, though no test of it failed', (_, assertionResults) => {
    const testResults = [{ name: 'house.test.ts', status: 'failed', message: 'no such door', assertionResults }]
    const failures = ['house.test.ts\n    no such door']
    expect(countVitest(report({ ...happy, testResults }), 1)).toEqual({ passed: 3, failed: 1, skipped: 1, failures })
  })

  test('an unhappy exit is a failure, though every test passed', () => {
    const failures = [expect.stringContaining('every test passed')]
    expect(countVitest(report(happy), 1)).toEqual({ passed: 3, failed: 1, skipped: 1, failures })
  })

  test('no report is a failure', () => {
    expect(countVitest(join(folder, 'none.json'), 0)).toMatchObject({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('Playwright', () => {
  test('a flaky test and an error outside any test are failures, and are named', () => {
    const spec = (title: string, status: string, message: string) => ({
      title,
      tests: [{ status, results: [{ errors: [{ message }] }] }],
    })
    const inner = { title: 'a floor', file: 'house.spec.ts', specs: [spec('it creaks', 'flaky', 'a creak')] }
    const specs = [spec('it stands', 'unexpected', 'it fell'), spec('it is dry', 'expected', '')]
    const suites = [{ title: 'house.spec.ts', file: 'house.spec.ts', specs, suites: [inner] }]
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }
    expect(countPlaywright(report({ stats, suites, errors: [{ message: 'no ground' }] }), 1)).toEqual({
      passed: 4,
      failed: 3,
      skipped: 2,
      failures: [
        'house.spec.ts › it stands\n    it fell',
        'house.spec.ts › it creaks\n    a creak',
        'outside any test\n    no ground',
      ],
    })
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
    const counts = { ...none, passed, failed, skipped }
    const output = `== e2e: 9 passed, 9 failed in 1 s\n${summary(counts)}\n`
    expect(countClosed(output, exitCode)).toEqual(counts)
  })

  test('cut short it is a failure, and so is an unhappy exit', () => {
    expect(countClosed('== e2e: 9 passed, 0 failed in 1 s\n', 0)).toMatchObject({ passed: 0, failed: 1 })
    expect(countClosed('', 1)).toMatchObject({ passed: 0, failed: 1 })
    expect(countClosed('9 passed, 0 failed\n', 1)).toMatchObject({ passed: 9, failed: 1 })
  })
})
