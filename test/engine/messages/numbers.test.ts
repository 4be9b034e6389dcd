// Numbers and hashes inside the encryption: given at sealing, and what the other side makes of them.

import { randomUUID } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import {
  type ContentBody,
  numberContent,
  type ReadContent,
  readContent,
  writeContent,
} from '../../../src/engine/messages/content.ts'
import { readIncomingChains } from '../../../src/engine/messages/incoming-chains.ts'
import { type Order, takeInOrder } from '../../../src/engine/messages/order.ts'
import { textBody } from '../../../src/engine/messages/send.ts'
import { lastOutgoing, setLastOutgoing } from '../../../src/engine/storage/chains.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { ContentSchema, TypingSchema } from '../../../src/protocol/generated/content_pb.ts'
import { AccountId, DeviceId, Instant, MessageId } from '../../../src/shared/ids.ts'
import { MAX_TEXT_BYTES } from '../../../src/shared/limits.ts'
import type { Sql } from '../../../src/shared/sql.ts'
import { openSql } from '../open-sql.ts'

const alice = { account: AccountId.parse(randomUUID()), device: DeviceId.parse(1) }
const bob = AccountId.parse(randomUUID())
const INSTALLATION = 77
const ANOTHER_INSTALLATION = 78

function written(body: ContentBody) {
  const message = MessageId.parse(randomUUID())
  return writeContent({ sender: alice, recipient: bob, message, at: Instant.parse(1000), body })
}

function database(): Sql {
  const sql = openSql()
  migrate(sql, migrations)
  return sql
}

/** Bob's side, one content in a slice. */
function inOrder(sql: Sql, content: ReadContent): Order {
  const chains = readIncomingChains(sql)
  const order = takeInOrder(sql, chains, content)
  chains.write()
  return order
}

/** Alice's side: numbers a content as sealing does, and keeps the end of the chain. */
function sealedNext(sql: Sql, bytes: Uint8Array, installation = INSTALLATION) {
  const numbered = numberContent(bytes, lastOutgoing(sql, bob), { registrationId: installation, listVersion: 1 })
  if (numbered.link !== undefined) setLastOutgoing(sql, bob, numbered.link)
  return numbered.bytes
}

function read(bytes: Uint8Array) {
  const content = readContent(bytes)
  if (content === undefined) throw new Error('not a content')
  return content
}

test('[P44] what Alice says is numbered 1, 2, 3, and each carries the hash of the one before', () => {
  const sql = database()
  const [first, second, third] = ['Hut or tents?', 'Hut.', 'Good.'].map((text) =>
    sealedNext(sql, written(textBody(text))),
  )
  if (first === undefined || second === undefined || third === undefined) throw new Error('three were said')
  expect([first, second, third].map((bytes) => read(bytes).sequence)).toEqual([1, 2, 3])
  expect(read(first).previous).toHaveLength(0)
  expect(read(second).previous).toEqual(sha256(first))
  expect(read(third).previous).toEqual(sha256(second))
  expect(read(third).registrationId).toBe(INSTALLATION)
})

test('[P44][P52] what has its number keeps it when it is sealed again', () => {
  const sql = database()
  const first = sealedNext(sql, written(textBody('Once')))
  expect(sealedNext(sql, first)).toEqual(first)
  expect(read(sealedNext(sql, written(textBody('Twice')))).sequence).toBe(2)
})

test('[P44][P64] a typing notice is not counted', () => {
  const sql = database()
  const typing = written({ case: 'typing', value: create(TypingSchema, { active: true }) })
  expect(read(sealedNext(sql, typing)).sequence).toBe(0)
  expect(read(sealedNext(sql, written(textBody('There')))).sequence).toBe(1)
})

test('[P45][F11][F15] a number that is skipped is missing until it comes, and then it is late, once', () => {
  const hers = database()
  const his = database()
  const said = ['one', 'two', 'three', 'four'].map((text) => read(sealedNext(hers, written(textBody(text)))))
  const [one, two, three, four] = said
  if (!one || !two || !three || !four) throw new Error('four were said')
  expect(inOrder(his, one)).toEqual({ is: 'next', forked: false })
  expect(inOrder(his, four)).toEqual({ is: 'after-gap', from: 2, to: 3 })
  expect(inOrder(his, three)).toEqual({ is: 'late' })
  expect(inOrder(his, two)).toEqual({ is: 'late' })
  expect(inOrder(his, two)).toEqual({ is: 'again' })
  expect(inOrder(his, four)).toEqual({ is: 'again' })
})

test('[P45][P83] another installation of hers counts from 1 again, and is no repetition', () => {
  const his = database()
  const before = read(sealedNext(database(), written(textBody('before'))))
  const after = read(sealedNext(database(), written(textBody('after')), ANOTHER_INSTALLATION))
  expect(inOrder(his, before)).toEqual({ is: 'next', forked: false })
  expect(inOrder(his, after)).toEqual({ is: 'next', forked: false })
})

test('[P46] a next one that does not follow from what came before is a fork, and counts as the next', () => {
  const hers = database()
  const his = database()
  const first = sealedNext(hers, written(textBody('one')))
  setLastOutgoing(hers, bob, { sequence: 1, hash: sha256(written(textBody('another one'))) })
  const second = sealedNext(hers, written(textBody('two')))
  inOrder(his, read(first))
  expect(inOrder(his, read(second))).toEqual({ is: 'next', forked: true })
})

test('[P47] a content of a kind that a later version says is read, as nothing said', () => {
  const later = create(ContentSchema, fromBinary(ContentSchema, written({ case: undefined })))
  // Field 2000, which this version does not know, with two bytes in it.
  const bytes = Uint8Array.of(...toBinary(ContentSchema, later), 0x82, 0x7d, 0x02, 0x68, 0x69)
  const numbered = read(sealedNext(database(), bytes))
  expect(numbered.body.case).toBeUndefined()
  expect(numbered.sequence).toBe(1)
  expect(inOrder(database(), numbered)).toEqual({ is: 'next', forked: false })
})

test.each([
  ['the longest text', 'a'.repeat(MAX_TEXT_BYTES), true],
  ['one byte more', 'a'.repeat(MAX_TEXT_BYTES + 1), false],
  ['as many characters of two bytes', 'é'.repeat(MAX_TEXT_BYTES / 2 + 1), false],
  ['nothing', '', false],
  ['nothing to read', ' \n ', false],
  ['nothing to see', '\u200b\u2060\u3164\ufe0f', false],
  ['one picture of several', '👩\u200d👩\u200d👧', true],
  ['one letter among what is not seen', '\u202ea\u0000', true],
])('[P48] %s: is it a text? %s', (_what, text, isText) => {
  expect(readContent(written(textBody(text))) !== undefined).toBe(isText)
})
