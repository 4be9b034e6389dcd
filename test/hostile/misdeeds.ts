// What an evil relay can do wrong: one function for each, to be begun and ended by a test.

import { clone } from '@bufbuild/protobuf'
import {
  type Found,
  type IncomingEnvelope,
  IncomingEnvelopeSchema,
  type KeyBundles,
  type SignedDeviceList,
} from '../../src/protocol/generated/relay_pb.ts'
import { type AccountId, RegistrationId, uuidToBytes } from '../../src/shared/ids.ts'
import { identityKey, kyberKey, makePerson, signedEcKey, signedList } from '../relay/device.ts'
import type { Misdeed } from './evil-relay.ts'

/** What becomes of each envelope on its way to a device: none, one or several. */
export function envelopes(change: (envelope: IncomingEnvelope, to: string) => IncomingEnvelope[]): Misdeed {
  return {
    toDevice(body, victim) {
      if (body.case !== 'deliver') return body
      body.value.envelopes = body.value.envelopes.flatMap((envelope) => change(envelope, victim.account ?? ''))
      return body
    },
  }
}

/** A copy, with what is different about it. */
export function copyOf(envelope: IncomingEnvelope, different: Partial<IncomingEnvelope> = {}): IncomingEnvelope {
  return Object.assign(clone(IncomingEnvelopeSchema, envelope), different)
}

export function flipped(bytes: Uint8Array, at = Math.floor(bytes.length / 2)): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** Swallows what is sent to somebody, and tells the sender that it was stored. */
export function acceptWithoutStoring(recipient: AccountId): Misdeed {
  return {
    toRelay(body, victim, request) {
      if (body.case !== 'submit' || body.value.ephemeral || !isOf(body.value.recipient, recipient)) return body
      victim.answer(request, { case: 'accepted', value: { timeMs: 0n, duplicate: false } })
      return undefined
    },
  }
}

/** What whoever asks for the keys of an account is given instead. */
export function bundlesOf(account: AccountId, change: (bundles: KeyBundles) => void): Misdeed {
  let asked = new Set<string | undefined>()
  return {
    toRelay(body, victim) {
      if (body.case === 'fetchKeys' && isOf(body.value.account, account)) asked.add(victim.account)
      return body
    },
    toDevice(body, victim) {
      if (body.case !== 'keyBundles' || !asked.has(victim.account)) return body
      asked = new Set([...asked].filter((other) => other !== victim.account))
      change(body.value)
      return body
    },
  }
}

/** Names devices stale that are not. */
export function callStale(recipient: AccountId, stale: { missing?: number[]; extra?: number[]; changed?: number[] }) {
  return {
    toRelay(body, victim, request) {
      if (body.case !== 'submit' || !isOf(body.value.recipient, recipient)) return body
      victim.answer(request, { case: 'staleDevices', value: stale })
      return undefined
    },
  } satisfies Misdeed
}

export function forgedList(list: SignedDeviceList, bytes: Uint8Array): SignedDeviceList {
  return { ...list, list: new Uint8Array(bytes) }
}

export function isOf(bytes: Uint8Array, account: AccountId): boolean {
  return Buffer.from(bytes).equals(uuidToBytes(account))
}

/** Mallory's keys under somebody's account, all properly signed: with hers. */
export function mallorysKeys(account: AccountId): (bundles: KeyBundles) => void {
  return (bundles) => {
    const registrationId = RegistrationId.parse(bundles.bundles[0]?.registrationId ?? 1)
    const mallory = makePerson('mallory', { account, registrationId })
    bundles.identityKey = identityKey(mallory)
    bundles.deviceList = Object.assign({}, bundles.deviceList, signedList(mallory))
    for (const bundle of bundles.bundles) {
      Object.assign(bundle.signedPrekey ?? {}, signedEcKey(mallory, 1))
      Object.assign(bundle.kyber ?? {}, kyberKey(mallory, 1))
      delete bundle.oneTimeEc
    }
  }
}

/** Who is said to be behind a username. */
export function foundAs(username: string, change: (found: Found) => void): Misdeed {
  return {
    toDevice(body) {
      if (body.case === 'found' && body.value.username === username) change(body.value)
      return body
    },
  }
}
