// What may stand on the command line.

import { describe, expect, test } from 'vitest'
import { commandLineFor, parseCommandLine, profileBeside } from '../../src/main/command-line.ts'
import { ProfileName } from '../../src/shared/ids.ts'

describe('the command line', () => {
  test('without options: the first profile, in its usual place, with the system’s keychain', () => {
    expect(parseCommandLine(['/opt/sotto/sotto', '.'])).toEqual({
      profile: 'main',
      data: undefined,
      keychain: undefined,
    })
  })

  test.each([
    [['--profile', 'alice', '--data', '/tmp/a b', '--keychain', 'file:/tmp/k']],
    [['--inspect=0', '.', '--profile=alice', '--data=/tmp/a b', '--remote-debugging-port=0', '--keychain=file:/tmp/k']],
  ])('takes %j', (args) => {
    expect(parseCommandLine(args)).toEqual({ profile: 'alice', data: '/tmp/a b', keychain: 'file:/tmp/k' })
  })

  test.each([
    [['--profile']],
    [['--profile=']],
    [['--profile', '--data']],
    [['--profile', '../../etc']],
    [['--profile', 'Alice']],
    [['--profile', 'a/b']],
    [['--profile', 'x'.repeat(33)]],
    [['--data']],
    [['--keychain', 'none']],
    [['--keychain', 'file:']],
  ])('refuses %j with a sentence', (args) => {
    expect(parseCommandLine(args)).toEqual({ problem: expect.stringMatching(/\w+/) })
  })

  test('what starts the profile beside this one says the same about everything else', () => {
    const options = parseCommandLine(['--data', '/tmp/d', '--keychain', 'file:/tmp/k'])
    if ('problem' in options) throw new Error(options.problem)
    const beside = { ...options, profile: profileBeside(options.profile) }
    expect(parseCommandLine(commandLineFor(beside))).toEqual({
      profile: 'second',
      data: '/tmp/d',
      keychain: 'file:/tmp/k',
    })
  })

  test('the two profiles open each other', () => {
    const main = ProfileName.parse('main')
    expect(profileBeside(main)).toBe('second')
    expect(profileBeside(profileBeside(main))).toBe('main')
  })
})
