// Two relays in processes of their own, with a PostgreSQL and a place in S3 between them.

import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test, vi } from 'vitest'
import { until } from '../until.ts'
import { join, makePerson } from './device.ts'
import { temporaryFolder } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { startRelay } from './process.ts'
import { startS3 } from './s3-server.ts'
import { announce, got, offset, patch } from './upload.ts'

const server = postgresForThisFile()

const portOf = ({ url }: { url: string }) => ({ port: Number(new URL(url).port) })

test('[P150][P152][S9] what is begun at one, which is killed, goes on at the other and is found at both', async () => {
  const s3 = await startS3()
  onTestFinished(s3.close)
  for (const [name, value] of Object.entries(s3.credentials)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const options = ['--store', await server.database(), '--blobs', s3.address]
  const [one, two] = [await startRelay(temporaryFolder(), options), await startRelay(temporaryFolder(), options)]
  const picture = await announce(await join(one, makePerson('alice')), randomBytes(14_000_000))
  // What has not filled a part is sent again.
  expect(await patch(portOf(one), picture, 0, picture.bytes.slice(0, 6_000_000))).toEqual([204, '5242880'])
  one.signal('SIGKILL')
  await one.ended
  expect(await offset(portOf(two), picture)).toEqual([200, '5242880'])
  expect(await patch(portOf(two), picture, 5_242_880)).toEqual([204, '14000000'])
  const again = await startRelay(temporaryFolder(), options)
  for (const relay of [two, again]) expect(await got(portOf(relay), picture)).toEqual(new Uint8Array(picture.bytes))
  s3.fail(503)
  await until(async () => (await got(portOf(two), picture)) === 503, 'it says that it cannot now')
  s3.fail(undefined)
  expect(await got(portOf(two), picture, 'bytes=-10')).toEqual(new Uint8Array(picture.bytes.subarray(-10)))
})

test('[P150] with a store that is shared and no place for blobs, there are none', async () => {
  const relay = await startRelay(temporaryFolder(), ['--store', await server.database()])
  const alice = await join(relay, makePerson('alice'))
  const value = { size: 1n, digest: randomBytes(32) }
  expect((await alice.expect({ case: 'prepareUpload', value }, 'refused')).detail).toBe('this relay keeps no blobs')
  expect(relay.printed.join()).toContain('no blobs')
})
