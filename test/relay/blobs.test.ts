// Blobs at the relay: announced on the connection, carried over HTTP, served when they are whole and never before.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { blobPath, OFFSET_HEADER, TOKEN_HEADER } from '../../src/protocol/blobs.ts'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { BLOB_RETENTION, UPLOAD_WITHIN } from '../../src/protocol/limits.ts'
import { createAdministration } from '../../src/relay/administration.ts'
import { createBell } from '../../src/relay/bell.ts'
import { openDiskBlobs } from '../../src/relay/blobs/disk.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { until } from '../until.ts'
import { createTestClock } from './clock.ts'
import { dial, hello, join, type Line, makePerson } from './device.ts'
import { type OpenRelay, openRelay } from './open.ts'
import { type Announced, announce, ask, got, hex, offset, patch, sha256 } from './upload.ts'

/** All files of all blobs, finished or not. */
function files({ blobFolder }: OpenRelay): string[] {
  return readdirSync(blobFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'probe')
    .map(({ name }) => name)
}

async function refusal(line: Line, value: { size: bigint; digest: Uint8Array }) {
  return (await line.expect({ case: 'prepareUpload', value }, 'refused')).reason
}

/** A connection that begins to send a blob and is held in the middle. */
async function beginSending({ port }: OpenRelay, { blob, token, bytes }: Announced, sent: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  const head = [
    `PATCH ${blobPath(blob)} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Content-Length: ${bytes.length}`,
    `${TOKEN_HEADER}: ${token}`,
    `${OFFSET_HEADER}: 0`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.write(bytes.subarray(0, sent))
  return socket
}

describe('on its way', () => {
  test('[K17][P150][P153] what is announced and sent is what everybody gets who knows its name', async () => {
    const relay = await openRelay()
    const alice = await join(relay, makePerson('alice'))
    const picture = await announce(alice, randomBytes(300_000))
    expect(await patch(relay, picture, 0)).toEqual([204, '300000'])
    expect(await got(relay, picture)).toEqual(new Uint8Array(picture.bytes))
    expect(await got(relay, { ...picture, blob: picture.blob.replace(/./, 'x') as Announced['blob'] })).toBe(404)
    expect(await got(relay, { ...picture, blob: hex(randomBytes(32)) as Announced['blob'] })).toBe(404)
    const { headers } = await ask(relay, picture)
    expect(headers.get('content-type')).toBe('application/octet-stream')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('[P150][P152] it does not matter which relay is asked, where several share a store and a place for blobs', async () => {
    const relay = await openRelay()
    const byTurns = {
      get port() {
        return Number(new URL(relay.url).port)
      },
    }
    const picture = await announce(await join(relay, makePerson('alice')), randomBytes(100_000))
    for (let from = 0; from < 100_000; from += 20_000)
      expect(await patch(byTurns, picture, from, picture.bytes.slice(from, from + 20_000))).toEqual([
        204,
        String(from + 20_000),
      ])
    for (let time = 0; time < 2; time++) expect(await got(byTurns, picture)).toEqual(new Uint8Array(picture.bytes))
  })

  test('[P153] a part of it is a range', async () => {
    const relay = await openRelay()
    const picture = await announce(await join(relay, makePerson('alice')))
    await patch(relay, picture, 0)
    const part = (range: string) => got(relay, picture, range)
    expect(await part('bytes=990-')).toEqual(new Uint8Array(picture.bytes.subarray(990)))
    expect(await part('bytes=0-0')).toEqual(new Uint8Array(picture.bytes.subarray(0, 1)))
    expect(await part('bytes=10-5000')).toEqual(new Uint8Array(picture.bytes.subarray(10)))
    expect(await part('bytes=-10')).toEqual(new Uint8Array(picture.bytes.subarray(990)))
    expect(await part('bytes=1000-')).toBe(416)
    expect(await part('bytes=1-2,4-5')).toEqual(new Uint8Array(picture.bytes))
    const { status, headers } = await ask(relay, picture, { headers: { range: 'bytes=990-' } })
    expect([status, headers.get('content-range')]).toEqual([206, 'bytes 990-999/1000'])
  })

  test('[P152] it goes on where it was, and nothing of it is served until it is whole', async () => {
    const relay = await openRelay()
    const picture = await announce(await join(relay, makePerson('alice')))
    expect(await offset(relay, picture)).toEqual([200, '0'])
    expect(await patch(relay, picture, 0, picture.bytes.slice(0, 400))).toEqual([204, '400'])
    expect(await got(relay, picture)).toBe(404)
    expect(await offset(relay, picture)).toEqual([200, '400'])
    expect(await patch(relay, picture, 399)).toEqual([409, '400'])
    expect(await patch(relay, picture, 0)).toEqual([409, '400'])
    expect(await patch(relay, picture, 400)).toEqual([204, '1000'])
    expect(await got(relay, picture)).toEqual(new Uint8Array(picture.bytes))
    expect(await offset(relay, picture)).toEqual([200, '1000'])
    expect(await patch(relay, picture, 1000, new Uint8Array(0))).toEqual([204, '1000'])
  })

  test('[P152] a connection that breaks leaves what came, and one that hangs gives way to the next', async () => {
    const relay = await openRelay()
    const picture = await announce(await join(relay, makePerson('alice')), randomBytes(500_000))
    const broken = await beginSending(relay, picture, 200_000)
    await until(async () => Number((await offset(relay, picture))[1]) === 200_000, 'it has come')
    broken.destroy()
    // Half-open: it never says that it is gone.
    const hanging = connect(relay.port, '127.0.0.1')
    onTestFinished(() => void hanging.destroy())
    hanging.on('error', () => {})
    const fields = `${TOKEN_HEADER}: ${picture.token}\r\n${OFFSET_HEADER}: 200000\r\ncontent-length: 300000`
    hanging.write(`PATCH ${blobPath(picture.blob)} HTTP/1.1\r\nhost: 127.0.0.1:${relay.port}\r\n${fields}\r\n\r\n`)
    hanging.write(picture.bytes.subarray(200_000, 300_000))
    await until(async () => Number((await offset(relay, picture))[1]) === 300_000, 'some more has come')
    expect(await patch(relay, picture, 300_000)).toEqual([204, '500000'])
    expect(await got(relay, picture)).toEqual(new Uint8Array(picture.bytes))
  })

  test('[K17][P151] bytes with another digest are thrown away, and its place with them', async () => {
    const relay = await openRelay()
    const picture = await announce(await join(relay, makePerson('alice')))
    const other = new Uint8Array(picture.bytes)
    other[500] = (other[500] ?? 0) ^ 1
    expect(await patch(relay, picture, 0, other.slice(0, 600))).toEqual([204, '600'])
    expect((await patch(relay, picture, 600, other.slice(600)))[0]).toBe(422)
    expect(await got(relay, picture)).toBe(404)
    expect((await offset(relay, picture))[0]).toBe(404)
    expect(files(relay)).toEqual([])
  })

  test('[P151] only who announced it may write to it, and only as much', async () => {
    const relay = await openRelay()
    const alice = await join(relay, makePerson('alice'))
    const [picture, other] = [await announce(alice), await announce(alice)]
    expect((await patch(relay, { ...picture, token: other.token }, 0))[0]).toBe(404)
    expect((await patch(relay, { ...picture, token: '' }, 0))[0]).toBe(404)
    expect((await patch(relay, picture, 0, randomBytes(1001)))[0]).toBe(413)
    expect((await ask(relay, picture, { method: 'PUT' })).status).toBe(405)
    const forget = (token: string) => ask(relay, picture, { method: 'DELETE', headers: { [TOKEN_HEADER]: token } })
    await patch(relay, picture, 0)
    expect((await forget(other.token)).status).toBe(404)
    expect((await forget(picture.token)).status).toBe(204)
    expect(await got(relay, picture)).toBe(404)
    expect(files(relay)).toEqual([])
  })
})

describe('at the door', () => {
  test('[P8] no web page and nobody without the token gets to a blob', async () => {
    const token = 'a-token-of-some-length'
    const relay = await openRelay({ access: { token, loopbackOnly: true, invitations: 'open' } })
    const picture = await announce(await join({ ...relay, url: relay.url, token }, makePerson('alice')))
    const authorization = `Bearer ${token}`
    const status = async (headers: HeadersInit) => (await ask(relay, picture, { headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ authorization, origin: 'http://a.example' })).toBe(403)
    expect(await status({ authorization })).toBe(404)
  })

  test('[P152] whoever sends or takes too slowly is cut off, whoever goes on is not', async () => {
    const clock = createTestClock()
    const relay = await openRelay({ clock })
    const picture = await announce(await join(relay, makePerson('alice')), randomBytes(500_000))
    const socket = await beginSending(relay, picture, 100_000)
    await until(async () => Number((await offset(relay, picture))[1]) === 100_000, 'it has come')
    clock.advance(100_000)
    socket.write(picture.bytes.subarray(100_000, 200_000))
    await until(async () => Number((await offset(relay, picture))[1]) === 200_000, 'patience grew with what came')
    const closed = once(socket, 'close')
    clock.advance(131_000)
    await closed
    expect(await patch(relay, picture, 200_000)).toEqual([204, '500000'])
  })

  test('[P150] a relay without a place for blobs says so', async () => {
    const relay = await openRelay({ blobs: undefined })
    const line = await dial(relay)
    expect((await hello(line)).largestBlob).toBe(0n)
    const alice = await join(relay, makePerson('alice'))
    expect(await refusal(alice, { size: 1n, digest: sha256(randomBytes(1)) })).toBe(Reason.NOT_SERVED)
    expect((await ask(relay, { blob: hex(randomBytes(32)) as Announced['blob'] })).status).toBe(404)
  })

  test('[P151] too many requests of an address, and too many at once, are told when to try again', async () => {
    const limits = { ...DEFAULT_LIMITS, transfers: { burst: 2, perSecond: 0.5 } }
    const relay = await openRelay({ limits })
    const picture = await announce(await join(relay, makePerson('alice')))
    expect([await got(relay, picture), await got(relay, picture)]).toEqual([404, 404])
    const { status, headers } = await ask(relay, picture)
    expect([status, headers.get('retry-after')]).toEqual([429, '2'])
    const busy = await openRelay({ limits: { ...DEFAULT_LIMITS, mostTransfers: 1 } })
    const other = await announce(await join(busy, makePerson('alice')))
    const holding = await beginSending(busy, other, 10)
    await until(async () => (await ask(busy, other)).status === 503, 'there is room for one')
    holding.destroy()
    await until(async () => (await ask(busy, other)).status === 404, 'there is room again')
  })
})

describe('limits', () => {
  test('[P151][S8] a blob has a largest size, an account a quota, and uploads under way a number', async () => {
    const limits = { ...DEFAULT_LIMITS, largestBlob: 1000, blobQuota: 2500, mostUploads: 2 }
    const relay = await openRelay({ limits })
    const alice = await join(relay, makePerson('alice'))
    const digest = sha256(randomBytes(1))
    expect(await refusal(alice, { size: 1001n, digest })).toBe(Reason.TOO_LARGE)
    expect(await refusal(alice, { size: 2n ** 60n, digest })).toBe(Reason.TOO_LARGE)
    const [first, second] = [await announce(alice), await announce(alice)]
    expect(await refusal(alice, { size: 1n, digest })).toBe(Reason.TOO_MANY_REQUESTS)
    await patch(relay, first, 0)
    expect(await refusal(alice, { size: 501n, digest })).toBe(Reason.QUOTA_EXCEEDED)
    await announce(alice, randomBytes(500))
    // Others have a quota of their own; and what is forgotten makes room.
    const bob = await join(relay, makePerson('bob'))
    await announce(bob)
    await patch(relay, second, 0)
    await ask(relay, first, { method: 'DELETE', headers: { [TOKEN_HEADER]: first.token } })
    await announce(alice)
  })

  test('[P151] what is no announcement closes the connection', async () => {
    const relay = await openRelay()
    for (const value of [
      { size: 0n, digest: sha256(randomBytes(1)) },
      { size: 1n, digest: randomBytes(31) },
    ]) {
      const line = await join(relay, makePerson(`alice${value.digest.length}`))
      expect(await refusal(line, value)).toBe(Reason.MALFORMED)
      expect(await line.closed).toBe(1008)
    }
  })
})

describe('its time', () => {
  test('[P154] an upload that is not finished in a day is over, a whole blob after thirty', async () => {
    const clock = createTestClock()
    const relay = await openRelay({ clock })
    const alice = await join(relay, makePerson('alice'))
    const [slow, whole] = [await announce(alice), await announce(alice)]
    await patch(relay, slow, 0, slow.bytes.slice(0, 10))
    await patch(relay, whole, 0)
    expect(files(relay).length).toBe(2)
    clock.advance(UPLOAD_WITHIN)
    expect((await offset(relay, slow))[0]).toBe(404)
    await until(async () => files(relay).length === 1, 'the unfinished one is swept away')
    expect(await got(relay, whole)).toEqual(new Uint8Array(whole.bytes))
    clock.advance(BLOB_RETENTION - UPLOAD_WITHIN)
    await until(async () => files(relay).length === 0, 'the whole one is swept away')
    expect(await got(relay, whole)).toBe(404)
  })

  test('[P59][P154] with an account go its blobs, whole or not; by itself or by whoever runs the relay', async () => {
    const relay = await openRelay()
    const alice = await join(relay, makePerson('alice'))
    const [begun, whole] = [await announce(alice), await announce(alice)]
    await patch(relay, begun, 0, begun.bytes.slice(0, 10))
    await patch(relay, whole, 0)
    await alice.expect({ case: 'eraseAccount', value: {} }, 'erased')
    expect(await got(relay, whole)).toBe(404)
    expect((await patch(relay, begun, 10))[0]).toBe(404)
    expect(files(relay)).toEqual([])

    const bob = await join(relay, makePerson('bobby'))
    const his = await announce(bob)
    await patch(relay, his, 0)
    const blobs = await openDiskBlobs(relay.blobFolder)
    const store = relay.store as Parameters<typeof createAdministration>[0]['store']
    await createAdministration({ store, blobs, bell: createBell(), clock: systemClock }).erase('bobby')
    expect(await got(relay, his)).toBe(404)
  })

  test('[P152] a relay that stops does not wait for what is under way, and another goes on with it', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const picture = await announce(await join(relay, alice), randomBytes(200_000))
    const socket = await beginSending(relay, picture, 50_000)
    await until(async () => Number((await offset(relay, picture))[1]) === 50_000, 'some has come')
    const closed = once(socket, 'close')
    await relay.relay.close()
    await closed
    const next = await openRelay({
      store: { ...relay.store, close: async () => {} },
      blobs: await openDiskBlobs(relay.blobFolder),
    })
    expect(await patch(next, picture, 50_000)).toEqual([204, '200000'])
    expect(await got(next, picture)).toEqual(new Uint8Array(picture.bytes))
  })
})

test('[P150] it counts what comes and goes, and names nobody', async () => {
  const relay = await openRelay()
  const alice = makePerson('alice')
  const picture = await announce(await join(relay, alice))
  await patch(relay, picture, 0)
  await got(relay, picture)
  await until(async () => relay.relay.metrics().includes('request="get"'), 'it is counted')
  const text = relay.relay.metrics()
  expect(text).toContain('sotto_relay_blob_received_bytes_total 1000\n')
  expect(text).toContain('sotto_relay_blob_requests_total{request="patch",status="204"} 1\n')
  expect(text).toContain('sotto_relay_blob_requests_total{request="get",status="200"} 1\n')
  for (const secret of [picture.blob, picture.token, alice.account, 'alice']) {
    expect(text).not.toContain(secret)
    expect(JSON.stringify(relay.logged)).not.toContain(secret)
  }
})
