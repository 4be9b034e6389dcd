// A device as the relay knows it: real keys, a real socket, no engine.

import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { IdentityKeyPair, KEMKeyPair, PrivateKey } from '@signalapp/libsignal-client'
import { WebSocket } from 'ws'
import { type ClientBody, decodeRelayFrame, encodeClientFrame } from '../../src/protocol/frames.ts'
import {
  DeviceListSchema,
  EnvelopeType,
  type IncomingEnvelope,
  type RelayFrame,
} from '../../src/protocol/generated/relay_pb.ts'
import { challengeBytes, deviceListBytes } from '../../src/protocol/signed.ts'
import { AccountId, type DeviceId, type RegistrationId, uuidToBytes } from '../../src/shared/ids.ts'

export type Body = RelayFrame['body']
type Case = Exclude<Body['case'], undefined>
type Values = { [Name in Case]: Extract<Body, { case: Name }>['value'] }
type Value<Name extends Case> = Values[Name]

// --- Who ---

export interface Person {
  account: AccountId
  username: string
  device: DeviceId
  registrationId: RegistrationId
  identity: IdentityKeyPair
  listVersion: number
  listed: { device: number; registrationId: number }[]
}

export function makePerson(username: string, known: Partial<Person> = {}): Person {
  const device = known.device ?? (1 as DeviceId)
  const registrationId = known.registrationId ?? (randomInt(1, 0x3fff) as RegistrationId)
  return {
    account: AccountId.parse(randomUUID()),
    username,
    device,
    registrationId,
    identity: IdentityKeyPair.generate(),
    listVersion: 1,
    listed: [{ device, registrationId }],
    ...known,
  }
}

/** Another device of the same person; `listed` of both then has both. */
export function addDevice(person: Person, device: number): Person {
  const registrationId = randomInt(1, 0x3fff) as RegistrationId
  person.listed.push({ device, registrationId })
  person.listVersion += 1
  return { ...person, device: device as DeviceId, registrationId }
}

export function identityKey(person: Person): Uint8Array<ArrayBuffer> {
  return person.identity.publicKey.serialize()
}

export function sign(person: Person, message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return person.identity.privateKey.sign(message)
}

export function signedList(person: Person) {
  const list = toBinary(
    DeviceListSchema,
    create(DeviceListSchema, {
      account: uuidToBytes(person.account),
      version: BigInt(person.listVersion),
      devices: person.listed,
    }),
  )
  return { list, signature: sign(person, deviceListBytes(list)) }
}

/** A proof of identity over the challenge of one connection. */
export function proof(person: Person, welcome: { relay: Uint8Array; nonce: Uint8Array }, timeMs = BigInt(Date.now())) {
  const { account, device, registrationId } = person
  const key = identityKey(person)
  const challenge = challengeBytes({ ...welcome, account, device, registrationId, identityKey: key, timeMs })
  const signature = sign(person, challenge)
  return { account: uuidToBytes(account), device, registrationId, identityKey: key, timeMs, signature }
}

// --- Keys ---

export function ecKey(id: number) {
  return { id, publicKey: PrivateKey.generate().getPublicKey().serialize() }
}

export function signedEcKey(person: Person, id: number) {
  const key = ecKey(id)
  return { ...key, signature: sign(person, key.publicKey) }
}

export function kyberKey(person: Person, id: number) {
  const publicKey = KEMKeyPair.generate().getPublicKey().serialize()
  return { id, publicKey, signature: sign(person, publicKey) }
}

/** Ids 1 to `count` of each kind, or from `first`. */
export function keyUpload(person: Person, count: number, first = 1) {
  const ids = Array.from({ length: count }, (_, index) => first + index)
  return {
    identityKey: identityKey(person),
    signedPrekey: signedEcKey(person, 1),
    lastResortPrekey: kyberKey(person, 1),
    oneTimeEc: ids.map(ecKey),
    oneTimeKyber: ids.map((id) => kyberKey(person, id)),
    replaceOneTime: false,
  }
}

// --- What is sent ---

export function envelopeFor(person: Person, content: string | Uint8Array = 'sealed') {
  const { device, registrationId } = person
  return { device, registrationId, type: EnvelopeType.MESSAGE, content: Buffer.from(content) }
}

export function submissionTo(person: Person, content: string | Uint8Array = 'sealed', submission = randomBytes(16)) {
  return {
    submission,
    recipient: uuidToBytes(person.account),
    envelopes: [envelopeFor(person, content)],
    ephemeral: false,
    partial: false,
  }
}

// --- The wire ---

export interface Address {
  url: string
  token?: string
  headers?: Record<string, string>
  /** Whom it believes about a certificate, in PEM. */
  ca?: string
}

export interface Line {
  socket: WebSocket
  /** The answer to one request, whatever it is. */
  ask(body: ClientBody): Promise<Body>
  /** The answer, which must be of this kind. */
  expect<Name extends Case>(body: ClientBody, kind: Name): Promise<Value<Name>>
  /** The next push of this kind; ones of other kinds stay for others to take. */
  pushed<Name extends Case>(kind: Name): Promise<Value<Name>>
  /** Pushes of this kind that nobody has taken. */
  waiting(kind: Case): number
  /** Takes so many envelopes, in as many pushes as they come. */
  receive(count: number): Promise<IncomingEnvelope[]>
  acknowledge(envelopes: readonly { position: bigint }[]): Promise<void>
  /** The close code. */
  closed: Promise<number>
  hangUp(): Promise<void>
}

export async function dial({ url, token, headers = {}, ca }: Address): Promise<Line> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(url, {
    headers: { ...headers, ...authorization },
    perMessageDeflate: false,
    ...(ca !== undefined && { ca }),
  })
  const answers = new Map<number, { resolve(body: Body): void; reject(error: Error): void }>()
  const pushes: Body[] = []
  const listeners = new Set<() => void>()
  let requests = 0

  socket.on('message', (message: Buffer) => {
    const frame = decodeRelayFrame(message)
    if (frame === undefined) throw new Error('the relay sent what is no frame')
    const asked = answers.get(frame.request)
    answers.delete(frame.request)
    if (asked === undefined) pushes.push(frame.body)
    else asked.resolve(frame.body)
    for (const listener of listeners) listener()
  })
  const closed = new Promise<number>((resolve) =>
    socket.once('close', (code) => {
      for (const { reject } of answers.values()) reject(new Error(`closed with ${code} before the answer`))
      for (const listener of listeners) listener()
      resolve(code)
    }),
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})

  function ask(body: ClientBody): Promise<Body> {
    requests += 1
    const request = requests
    return new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) return reject(new Error('closed before it was asked'))
      answers.set(request, { resolve, reject })
      socket.send(encodeClientFrame(request, body))
    })
  }

  function take<Name extends Case>(kind: Name): Value<Name> | undefined {
    const index = pushes.findIndex((push) => push.case === kind)
    return index < 0 ? undefined : (pushes.splice(index, 1)[0]?.value as Value<Name>)
  }

  function pushed<Name extends Case>(kind: Name): Promise<Value<Name>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = take(kind)
        if (found === undefined && socket.readyState !== WebSocket.CLOSED) return
        listeners.delete(look)
        if (found === undefined) reject(new Error(`closed before ${kind}`))
        else resolve(found)
      }
      listeners.add(look)
      look()
    })
  }

  return {
    socket,
    ask,
    expect: async (body, kind) => {
      const answered = await ask(body)
      if (answered.case !== kind) throw new Error(`${kind} expected, ${summary(answered)} came`)
      return answered.value as Value<typeof kind>
    },
    pushed,
    waiting: (kind) => pushes.filter((push) => push.case === kind).length,
    receive: async (count) => {
      const envelopes: IncomingEnvelope[] = []
      while (envelopes.length < count) envelopes.push(...(await pushed('deliver')).envelopes)
      return envelopes
    },
    acknowledge: async (envelopes) => {
      const answered = await ask({
        case: 'acknowledge',
        value: { positions: envelopes.map(({ position }) => position) },
      })
      if (answered.case !== 'acknowledged') throw new Error(`not acknowledged: ${summary(answered)}`)
    },
    closed,
    hangUp: async () => {
      socket.close()
      await closed
    },
  }
}

function summary(body: Body): string {
  return body.case === 'refused' ? `refused (${body.value.reason}: ${body.value.detail})` : String(body.case)
}

export function hello(line: Line) {
  return line.expect({ case: 'hello', value: { minimumVersion: 1, maximumVersion: 1 } }, 'welcome')
}

/** Connects and registers. */
export async function join(address: Address, person: Person, invitation = ''): Promise<Line> {
  const line = await dial(address)
  const welcome = await hello(line)
  const value = { ...proof(person, welcome), username: person.username, deviceList: signedList(person), invitation }
  await line.expect({ case: 'register', value }, 'authenticated')
  return line
}

/** Connects and authenticates. */
export async function comeBack(address: Address, person: Person): Promise<Line> {
  const line = await dial(address)
  const welcome = await hello(line)
  await line.expect({ case: 'authenticate', value: proof(person, welcome, welcome.timeMs) }, 'authenticated')
  return line
}
