// What an authenticated device may ask, each to its handler.

import type { RelayBody } from '../protocol/frames.ts'
import type { ClientFrame } from '../protocol/generated/relay_pb.ts'
import { unreachable } from '../shared/answer.ts'
import { type AccountParts, eraseAccount, lookUp, publishDeviceList, showDeviceList } from './accounts.ts'
import type { Caller } from './authentication.ts'
import { type BlobParts, prepareUpload } from './blobs/prepare.ts'
import { showHoldings } from './holdings.ts'
import { announceKeys, fetchKeys, type KeyParts, uploadKeys } from './keys.ts'
import { acknowledge, type MailboxParts, submit } from './mailboxes.ts'
import type { RendezvousBody } from './rendezvous.ts'
import { replaceIdentity } from './replace-identity.ts'
import { cancelScheduled } from './scheduled/cancel.ts'
import type { RelayStore } from './store.ts'
import { type AppendParts, appendEntry } from './streams/append.ts'
import { type PublishParts, publish } from './streams/publish.ts'
import { type ReadParts, readStream } from './streams/read.ts'
import type { Watching } from './streams/watch.ts'

export type RequestBody = Exclude<
  ClientFrame['body'],
  | { case: undefined }
  | { case: 'hello' }
  | { case: 'register' }
  | { case: 'authenticate' }
  | { case: 'watchStreams' }
  | RendezvousBody
>

export interface Served {
  answer: RelayBody
  /** Positions the device no longer has to be reminded of. */
  acknowledged?: readonly number[]
}

/** @param watching what the connection watches: in which groups whoever asks is, and with whom. */
export type Requests = (caller: Caller, body: RequestBody, watching: Watching) => Promise<Served>

export function createRequests(
  parts: AccountParts &
    KeyParts &
    MailboxParts &
    BlobParts &
    AppendParts &
    PublishParts &
    ReadParts & { store: RelayStore },
): Requests {
  return async (caller, body, watching) => {
    switch (body.case) {
      case 'submit':
        return { answer: await submit(parts, caller, body.value) }
      case 'acknowledge': {
        const outcome = await acknowledge(parts, caller, body.value)
        if ('case' in outcome) return { answer: outcome }
        return { answer: { case: 'acknowledged', value: {} }, acknowledged: outcome }
      }
      case 'announceKeys':
        return { answer: await announceKeys(parts, caller, body.value) }
      case 'uploadKeys':
        return { answer: await uploadKeys(parts, caller, body.value) }
      case 'fetchKeys':
        return { answer: await fetchKeys(parts, caller, body.value, watching.sharesGroupWith) }
      case 'lookUp':
        return { answer: await lookUp(parts, caller, body.value) }
      case 'publishDeviceList':
        return { answer: await publishDeviceList(parts, caller, body.value) }
      case 'replaceIdentity':
        return { answer: await replaceIdentity(parts, caller, body.value) }
      case 'showDeviceList':
        return { answer: await showDeviceList(parts, caller, body.value) }
      case 'showHoldings':
        return { answer: await showHoldings(parts, caller, body.value) }
      case 'cancelScheduled':
        return { answer: await cancelScheduled(parts, caller, body.value) }
      case 'prepareUpload':
        return { answer: await prepareUpload(parts, caller, body.value) }
      case 'eraseAccount':
        return { answer: await eraseAccount(parts, caller) }
      case 'appendEntry':
        return { answer: await appendEntry(parts, caller, body.value) }
      case 'publish':
        return { answer: await publish(parts, caller, body.value) }
      case 'readStream':
        return { answer: await readStream(parts, caller, body.value) }
      default:
        return unreachable(body)
    }
  }
}
