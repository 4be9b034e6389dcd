// What becomes of a link that the system hands to the app: it waits, and does nothing.

import { expect, test } from 'vitest'
import { holdOpenedLinks, linkAmong } from '../../src/main/opened-links.ts'
import type { OpenedLink } from '../../src/shared/model.ts'
import { silentLog } from '../silent-log.ts'

const LINK = 'sotto:invite?relay=wss://relay.example.org&name=alice&hint=00112233445566778899aabbccddeeff'

test('[P176] an invitation waits until it is seen; what comes meanwhile does not take its place', () => {
  const links = holdOpenedLinks(silentLog)
  const told: OpenedLink[] = []
  links.onChange((link) => told.push(link))
  links.open(LINK)
  links.open(LINK.replace('alice', 'mallory'))
  links.open('sotto:nonsense')
  expect(links.state()).toEqual({ state: 'invitation', link: LINK })
  expect(links.dismiss()).toMatchObject({ ok: true })
  expect(links.dismiss()).toMatchObject({ failure: { code: 'already-so' } })
  expect(told).toEqual([{ state: 'invitation', link: LINK }, { state: 'none' }])
})

test('[P176] of what is no invitation nothing is passed on but that it came', () => {
  const links = holdOpenedLinks(silentLog)
  links.open('sotto:invite?<script>alert(1)</script>')
  expect(links.state()).toEqual({ state: 'unreadable' })
})

test('[P176] among the arguments of the app, the link is what begins like one', () => {
  expect(linkAmong(['/opt/Sotto/sotto', '--profile', 'main', LINK])).toBe(LINK)
  expect(linkAmong(['sotto', 'SOTTO:invite?x'])).toBe('SOTTO:invite?x')
  expect(linkAmong(['sotto', '--data', '/a', 'https://relay.example.org'])).toBeUndefined()
})
