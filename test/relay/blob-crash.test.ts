// A relay that is killed around each commit of an upload: what it served is whole, and the upload comes to its end.

import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { expect, test } from 'vitest'
import { TOKEN_HEADER } from '../../src/protocol/blobs.ts'
import type { CrashPoint } from '../../src/relay/crash-points.ts'
import { comeBack, join, makePerson } from './device.ts'
import { temporaryFolder } from './open.ts'
import { type RelayProcess, startRelay } from './process.ts'
import { announce, ask, got, offset, patch } from './upload.ts'

const portOf = ({ url }: RelayProcess) => ({ port: Number(new URL(url).port) })

const POINTS: CrashPoint[] = [
  'upload:before-commit',
  'upload:after-commit',
  'whole:before-commit',
  'whole:after-commit',
  'forget:before-commit',
  'forget:after-commit',
]

test.each(POINTS)('[S2][S9][P82] killed at %s', async (point) => {
  const data = temporaryFolder()
  const first = await startRelay(data, [], `${point}:1`)
  const alice = makePerson('alice')
  const line = await join(first, alice)
  const bytes = randomBytes(300_000)
  if (point.startsWith('upload:')) {
    await expect(announce(line, bytes)).rejects.toThrow('closed with')
    const again = await startRelay(data)
    const picture = await announce(await comeBack(again, alice), bytes)
    expect(await patch(portOf(again), picture, 0)).toEqual([204, '300000'])
    return
  }
  const picture = await announce(line, bytes)
  expect(await patch(portOf(first), picture, 0, bytes.subarray(0, 100_000))).toEqual([204, '100000'])
  const rest = patch(portOf(first), picture, 100_000)
  const forget = (relay: RelayProcess) =>
    ask(portOf(relay), picture, { method: 'DELETE', headers: { [TOKEN_HEADER]: picture.token } })
  if (point.startsWith('whole:')) {
    await expect(rest).rejects.toThrow()
    const again = await startRelay(data)
    const [status, held] = await offset(portOf(again), picture)
    expect(status).toBe(200)
    expect(await patch(portOf(again), picture, Number(held))).toEqual([204, '300000'])
    expect(await got(portOf(again), picture)).toEqual(new Uint8Array(bytes))
    return
  }
  await rest
  await expect(forget(first)).rejects.toThrow()
  const again = await startRelay(data)
  // Its bytes went first: nothing is left that no row tells of.
  expect(await got(portOf(again), picture)).toBe(404)
  expect([204, 404]).toContain((await forget(again)).status)
  const left = readdirSync(joinPath(data, 'blobs'), { recursive: true }).map(String)
  expect(left.filter((name) => name.includes(picture.blob))).toEqual([])
})
