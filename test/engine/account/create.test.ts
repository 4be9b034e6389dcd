// A new account, and the same one opened again.

import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createAccount, openAccount } from '../../../src/engine/account/create.ts'
import { verifyDeviceList } from '../../../src/engine/signal/device-list.ts'
import { readAccount } from '../../../src/engine/storage/account.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { AccountId, DeviceId, RegistrationId, Username } from '../../../src/shared/ids.ts'
import { openSql } from '../open-sql.ts'
import { person, random, START, testClock } from '../signal/people.ts'

test('[K1][P20][P21] an account comes with an identity, one device, and a list that says so', () => {
  const { own, sql } = person('Alice')
  expect([AccountId.safeParse(own.account).success, RegistrationId.safeParse(own.registrationId).success]).toEqual([
    true,
    true,
  ])
  const stored = readAccount(sql)
  expect(stored).toMatchObject({
    username: 'alice',
    name: 'Alice',
    profileVersion: 1,
    relay: { kind: 'this-computer' },
    created: START,
  })
  const verdict = stored && verifyDeviceList(stored.deviceList, own.account, own.identity.publicKey)
  const device = { device: DeviceId.parse(1), registrationId: own.registrationId, addedAt: START }
  expect(verdict).toMatchObject({ is: 'genuine', devices: [device] })
})

test('opened again it is the same, and signs the same', () => {
  const { own, sql } = person('Alice')
  const again = openAccount(sql.reopened())
  expect(again).toMatchObject({ account: own.account, device: own.device, registrationId: own.registrationId })
  expect(again?.identity.publicKey).toEqual(own.identity.publicKey)
})

test('a database without account says so; a second account in one is refused and changes nothing', () => {
  const sql = openSql()
  migrate(sql, migrations)
  expect(openAccount(sql)).toBeUndefined()
  const wish = { username: Username.parse('alice'), name: 'Alice', relay: { kind: 'this-computer' } } as const
  const own = createAccount({ sql, clock: testClock(), random }, wish)
  expect(() => createAccount({ sql, clock: testClock(), random }, wish)).toThrow()
  expect(openAccount(sql)?.account).toBe(own.account)
})

test('[K1] the identity is a thing: no way of printing it shows its private half', () => {
  const { own, sql } = person('Alice')
  const record = readAccount(sql)?.identity ?? new Uint8Array()
  const secret = Buffer.from(own.identity.keyPair().privateKey.serialize())
  expect(Buffer.from(record).includes(secret)).toBe(true)
  const printed = [JSON.stringify(own), inspect(own, { depth: 9, showHidden: true }), String(own.identity)].join()
  const bytes = [...secret]
  for (const form of [secret.toString('hex'), secret.toString('base64'), bytes.join(), bytes.join(', ')]) {
    expect(printed).not.toContain(form)
  }
})
