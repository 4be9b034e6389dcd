// What members read besides messages: sealed under keys that are named by their hash.

import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { detailsKeyId, joinNoteKey, openForMembers, sealForMembers } from '../../../src/engine/signal/details.ts'
import { type EncryptedData, EncryptedDataSchema } from '../../../src/protocol/generated/group_pb.ts'
import { GroupId } from '../../../src/shared/ids.ts'
import { random } from './people.ts'

const group = GroupId.parse(crypto.randomUUID())
const key = random.bytes(32)
const title = new TextEncoder().encode('The hiking club')

function read(data: EncryptedData, by = key, of = group, as: 'details' | 'link' = 'details'): string | undefined {
  const opened = openForMembers(data, by, of, as)
  return opened === undefined ? undefined : new TextDecoder().decode(opened)
}

test('[P130][D3] details open under the key they name, for this group, as what they are', () => {
  const sealed = sealForMembers(random, key, group, 'details', title)
  expect(sealed.session).toEqual(detailsKeyId(key))
  expect(read(sealed)).toBe('The hiking club')
  expect(read(sealed, random.bytes(32))).toBeUndefined()
  expect(read(sealed, key, GroupId.parse(crypto.randomUUID()))).toBeUndefined()
  expect(read(sealed, key, group, 'link')).toBeUndefined()
})

test('[D3] an algorithm of a later version, or bytes that are none, are left out', () => {
  const sealed = sealForMembers(random, key, group, 'details', title)
  expect(read(create(EncryptedDataSchema, { ...sealed, algorithm: 99 as 1 }))).toBeUndefined()
  for (const length of [0, 11, 12, 20, sealed.ciphertext.length - 1])
    expect(
      read(create(EncryptedDataSchema, { ...sealed, ciphertext: sealed.ciphertext.subarray(0, length) })),
    ).toBeUndefined()
})

test('[P130] two seals of the same title are not alike, and a note is read with the secret of the link', () => {
  expect(sealForMembers(random, key, group, 'details', title).ciphertext).not.toEqual(
    sealForMembers(random, key, group, 'details', title).ciphertext,
  )
  const secret = random.bytes(32)
  const note = sealForMembers(random, joinNoteKey(secret), group, 'join-note', title)
  expect(openForMembers(note, joinNoteKey(secret), group, 'join-note')).toEqual(title)
  expect(openForMembers(note, joinNoteKey(random.bytes(32)), group, 'join-note')).toBeUndefined()
})
