// Run inside a session of its own: opens a profile on the system's keychain, makes it if it can, and writes the outcome.

import keytar from 'keytar'
import { createBlobTransfer } from '../../src/host/blob-transfer.ts'
import { systemClock } from '../../src/host/clock.ts'
import { createKeychain } from '../../src/host/keychain.ts'
import { openProfileHost } from '../../src/host/profile.ts'
import { openProfileFolder } from '../../src/host/profile-folder.ts'
import { systemRandom } from '../../src/host/random.ts'
import { createWire } from '../../src/host/wire.ts'
import { ProfileName, Username } from '../../src/shared/ids.ts'
import { silentLog } from '../silent-log.ts'
import { openTinyMessenger } from './tiny-messenger.ts'

const SERVICE = 'Sotto test'
const [data = '', what = ''] = process.argv.slice(2)
const name = ProfileName.parse('main')

if (what === 'lose-key') {
  for (const { account } of await keytar.findCredentials(SERVICE)) await keytar.deletePassword(SERVICE, account)
}
const host = openProfileHost({
  folder: openProfileFolder(data, name),
  keychain: createKeychain(SERVICE, systemClock, 2000),
  host: { shell: 'command-line', version: '0', profile: name, platform: process.platform },
  openMessenger: openTinyMessenger,
  ports: {
    wire: createWire(systemClock),
    blobs: createBlobTransfer(systemClock),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    findRelay: async () => ({ url: 'ws://127.0.0.1:1' }),
  },
})
const username = Username.parse('alice')
const made = await host.handlers.createProfile({ name: 'Alice', username, relay: { kind: 'this-computer' } })
process.stdout.write(JSON.stringify(made.ok ? 'made' : made.failure.code))
await host.close()
