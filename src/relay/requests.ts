// What an authenticated device may ask, each to its handler.

import type { RelayBody } from '../protocol/frames.ts'
import { unreachable } from '../shared/answer.ts'
import { type AccountParts, eraseAccount, lookUp, publishDeviceList, showDeviceList } from './accounts.ts'
import type { Caller } from './authentication.ts'
import { type BlobParts, prepareUpload } from './blobs/prepare.ts'
import type { AskedBody } from './frequent-frames.ts'
import { showHoldings } from './holdings.ts'
import { announceKeys, fetchKeys, type KeyParts, uploadKeys } from './keys.ts'
import { type MailboxParts, submit } from './mailboxes.ts'
import type { RendezvousBody } from './rendezvous.ts'
import { replaceIdentity } from './replace-identity.ts'
import { cancelScheduled } from './scheduled/cancel.ts'
import type { RelayStore } from './store.ts'
import { type AppendParts, appendEntry } from './streams/append.ts'
import { type PublishParts, publish } from './streams/publish.ts'
import { type ReadParts, readStream } from './streams/read.ts'
import type { Watching } from './streams/watch.ts'

export type RequestBody = Exclude<
  AskedBody,
  | { case: undefined }
  | { case: 'hello' }
  | { case: 'register' }
  | { case: 'authenticate' }
  | { case: 'acknowledge' }
  | { case: 'watchStreams' }
  | RendezvousBody
>

/** @param watching what the connection watches: in which groups whoever asks is, and with whom. */
export type Requests = (
  caller: Caller,
  body: RequestBody,
  watching: Pick<Watching, 'sharesGroupWith'>,
) => RelayBody | Promise<RelayBody>

export function createRequests(
  parts: AccountParts &
    KeyParts &
    MailboxParts &
    BlobParts &
    AppendParts &
    PublishParts &
    ReadParts & { store: RelayStore },
): Requests {
  return (caller, body, watching) => {
    switch (body.case) {
      case 'submit':
        return submit(parts, caller, body.value)
      case 'announceKeys':
        return announceKeys(parts, caller, body.value)
      case 'uploadKeys':
        return uploadKeys(parts, caller, body.value)
      case 'fetchKeys':
        return fetchKeys(parts, caller, body.value, (other) => watching.sharesGroupWith(other))
      case 'lookUp':
        return lookUp(parts, caller, body.value)
      case 'publishDeviceList':
        return publishDeviceList(parts, caller, body.value)
      case 'replaceIdentity':
        return replaceIdentity(parts, caller, body.value)
      case 'showDeviceList':
        return showDeviceList(parts, caller, body.value)
      case 'showHoldings':
        return showHoldings(parts, caller, body.value)
      case 'cancelScheduled':
        return cancelScheduled(parts, caller, body.value)
      case 'prepareUpload':
        return prepareUpload(parts, caller, body.value)
      case 'eraseAccount':
        return eraseAccount(parts, caller)
      case 'appendEntry':
        return appendEntry(parts, caller, body.value)
      case 'publish':
        return publish(parts, caller, body.value)
      case 'readStream':
        return readStream(parts, caller, body.value)
      default:
        return unreachable(body)
    }
  }
}
