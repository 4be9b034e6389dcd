// What a window is opened on: the profile with its keychain, its wire and its engine, put together.

import { openMessenger } from '../engine/messenger.ts'
import type { Log, Ports } from '../engine/ports.ts'
import type { ChooseFolder } from '../host/backup/backups.ts'
import { createBlobTransfer } from '../host/blob-transfer.ts'
import { systemClock } from '../host/clock.ts'
import type { Keychain } from '../host/keychain.ts'
import { type HostUpdates, type OpenedLinks, openProfileHost, type ProfileHost } from '../host/profile.ts'
import type { ProfileFolder } from '../host/profile-folder.ts'
import { systemRandom } from '../host/random.ts'
import { createWire } from '../host/wire.ts'
import type { Handlers } from '../shared/api.ts'
import type { Host } from '../shared/model.ts'
import type { LocalRelay } from './local-relay.ts'

export interface ProfileSurroundings {
  folder: ProfileFolder
  keychain: Keychain
  host: Host
  relay: LocalRelay
  log: Log
  openSecondProfile: Handlers['openSecondProfile']
  chooseFolder?: ChooseFolder | undefined
  updates?: HostUpdates | undefined
  openedLinks?: OpenedLinks | undefined
}

export function openProfile({ relay, log, ...parts }: ProfileSurroundings): ProfileHost {
  const ports: Omit<Ports, 'sql' | 'generation'> = {
    wire: createWire(systemClock),
    blobs: createBlobTransfer(systemClock),
    clock: systemClock,
    random: systemRandom,
    log,
    findRelay: async (place) => (place.kind === 'this-computer' ? relay.find() : { url: place.url }),
  }
  return openProfileHost({ ...parts, ports, openMessenger })
}
