// Who gets through the door, and how often.

import { describe, expect, test } from 'vitest'
import { isOurPage, limitCalls } from '../../src/main/door.ts'

describe('[W4] the door', () => {
  test('knows the page that shipped with the app', () => {
    expect(isOurPage({ origin: 'app://sotto', parent: null }, 'app://sotto')).toBe(true)
  })

  test.each([
    ['a frame inside it', { origin: 'app://sotto', parent: {} }],
    ['a page from the web', { origin: 'https://example.org', parent: null }],
    ['another host of the scheme', { origin: 'app://other', parent: null }],
    ['a host that begins alike', { origin: 'app://sotto.evil', parent: null }],
    ['an address instead of an origin', { origin: 'app://sotto/', parent: null }],
    ['a blank page', { origin: 'null', parent: null }],
    ['a file', { origin: 'file://', parent: null }],
    ['a frame that is gone', null],
  ])('turns away %s', (_who, frame) => {
    expect(isOurPage(frame, 'app://sotto')).toBe(false)
  })

  test('lets so many calls in at once, and then so many a second', () => {
    let now = 0
    const take = limitCalls(() => now, 3, 100)
    expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 100])
    now = 99
    expect(take()).toBe(1)
    now = 100
    expect([take(), take()]).toEqual([0, 100])
    now = 100_000
    expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 100])
  })
})
