// The contract takes what it knows: a name that it does not know is refused wherever it stands.

import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { api, type CallName } from '../../src/shared/api.ts'
import { StoredRelayPlace } from '../../src/shared/model.ts'

const ACCOUNT = '7c9f0c51-98f2-4d09-8a04-4f3b8b1f7c35'
const GROUP = `group:${ACCOUNT}`

/** Where in a schema, as JSON Schema has it, there are objects that take names they do not know. */
function looseIn(json: unknown, where: string): string[] {
  if (Array.isArray(json)) return json.flatMap((each, index) => looseIn(each, `${where}[${index}]`))
  if (typeof json !== 'object' || json === null) return []
  const { type, propertyNames, additionalProperties } = json as Record<string, unknown>
  // Of a record every name has a schema of its own.
  const isLoose = type === 'object' && propertyNames === undefined && additionalProperties !== false
  return [
    ...(isLoose ? [where] : []),
    ...Object.entries(json).flatMap(([name, inner]) => looseIn(inner, `${where}.${name}`)),
  ]
}

function looseInputs(input: z.ZodType): string[] {
  // What cannot be shown cannot be looked into: there is no such thing in an input.
  return looseIn(z.toJSONSchema(input, { io: 'input', unrepresentable: 'throw' }), 'input')
}

test.each(Object.keys(api) as CallName[])('%s: no object in what it is given is loose', (name) => {
  expect(looseInputs(api[name].input)).toEqual([])
})

test('a loose object is found wherever it stands', () => {
  const loose = z.object({})
  const places: z.ZodType[] = [
    loose,
    z.looseObject({}),
    z.strictObject({ inner: loose }),
    z.strictObject({ inner: loose.optional() }),
    z.strictObject({ inner: loose.nullable().default(null) }),
    z.array(z.union([z.string(), loose])),
    z.record(z.string(), loose),
    z.strictObject({ inner: z.discriminatedUnion('kind', [z.object({ kind: z.literal('one') })]) }),
    loose.transform(() => 1),
  ]
  for (const place of places) expect(looseInputs(place)).toHaveLength(1)
  expect(looseInputs(z.strictObject({ inner: z.partialRecord(z.enum(['a']), z.string()) }))).toEqual([])
})

describe('a name that a call does not know, within what it is given', () => {
  const relay = { kind: 'address', url: 'wss://relay.example.org' }
  const device = { deviceName: 'Laptop' }
  const person = { name: 'Alice', username: 'alice' }
  const group = { title: 'Hiking', people: [] }
  const given: [CallName, Record<string, unknown>, Record<string, unknown>][] = [
    ['createProfile', { ...person, relay }, { ...person, relay: { ...relay, token: 'x' } }],
    ['beginLink', { ...device, relay }, { ...device, relay: { kind: 'this-computer', url: relay.url } }],
    ['createGroup', { ...group, history: { kind: 'none' } }, { ...group, history: { kind: 'none', days: 3 } }],
    ['createGroup', { ...group, policies: {} }, { ...group, policies: { rotation: 3_600_000 } }],
    [
      'setGroupPolicies',
      { conversation: GROUP, policies: { history: { kind: 'days', days: 3 } } },
      { conversation: GROUP, policies: { history: { kind: 'days', days: 3, since: 0 } } },
    ],
    [
      'decideRequest',
      { conversation: GROUP, account: ACCOUNT, approve: true, history: { kind: 'since', since: 0 } },
      { conversation: GROUP, account: ACCOUNT, approve: true, history: { kind: 'since', since: 0, days: 3 } },
    ],
    [
      'setGroupPermissions',
      { conversation: GROUP, permissions: { ban: 'owner' } },
      { conversation: GROUP, permissions: { ban: 'owner', bans: 'owner' } },
    ],
  ]
  test.each(given)('%s: refused', (name, known, unknown) => {
    expect(api[name].input.safeParse(known).success).toBe(true)
    expect(api[name].input.safeParse(unknown).success).toBe(false)
  })
})

test('what another version stored or handed over may say more', () => {
  for (const place of [{ kind: 'this-computer' }, { kind: 'address', url: 'wss://relay.example.org' }])
    expect(StoredRelayPlace.parse({ ...place, fingerprint: 'x' })).toEqual(place)
})
