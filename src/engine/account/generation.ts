// The generation: a number that only grows, in the database and in the keychain, so that an old copy is found out [P83].

import { MessageId, uuidToBytes } from '../../shared/ids.ts'
import type { Ports } from '../ports.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import { restartOutgoing } from '../storage/chains.ts'
import { allConversations, takePosition } from '../storage/conversations.ts'
import { addMessage } from '../storage/messages.ts'
import { renameUnsent, unsealAll } from '../storage/outbox.ts'
import { readOwnState, setGeneration, setListDoubtful } from '../storage/own-state.ts'
import { writeRestoredAt } from '../storage/settings.ts'
import { renewAfterRestore } from './renew-after-restore.ts'

/** Counts one up. If the database is older than the keychain knows, everything that may have been used is renewed first. */
export async function countGeneration(ports: Ports, own: OwnAccount): Promise<OwnAccount> {
  const { sql, log } = ports
  const stored = readOwnState(sql).generation
  const known = await inKeychain(ports)
  // A keychain without the number of a database that has counted is another one: the profile was brought here.
  const restored = known === 'none' ? stored > 0 : known !== 'unread' && known > stored
  let current = own
  if (restored) {
    log.warn('generation.restored', { stored, known })
    current = renewAfterRestore(ports, own)
    sql.transaction(() => {
      restartOutgoing(sql)
      unsealAll(sql, undefined)
      renameUnsent(sql, () => uuidToBytes(MessageId.parse(ports.random.uuid())))
      noteRestored(ports, own)
      writeRestoredAt(sql, ports.clock.now())
      // Devices may have come and gone in the lost time: the relay is asked before the list is brought [P96].
      setListDoubtful(sql, true)
    })
  }
  await countOn(ports, known, stored)
  return current
}

/** For an account that was just made: what the keychain remembers is of one before it. */
export async function beginGeneration(ports: Ports): Promise<void> {
  await countOn(ports, await inKeychain(ports), 0)
}

async function countOn({ sql, generation, log, crash }: Ports, known: Known, stored: number): Promise<void> {
  const next = Math.max(typeof known === 'number' ? known : 0, stored) + 1
  // The database first: a crash in between leaves it ahead, which is no sign of a restore.
  sql.transaction(() => setGeneration(sql, next))
  crash?.('generation.counted')
  // What could not be read may be larger: a smaller number in its place would hide a copy for ever.
  if (known === 'unread') return
  await generation.write(next).catch(() => log.warn('generation.unwritten'))
}

type Known = number | 'none' | 'unread'

async function inKeychain({ generation, log }: Ports): Promise<Known> {
  try {
    return (await generation.read()) ?? 'none'
  } catch {
    // Locked in the meantime, say. The next start compares again.
    log.warn('generation.unread')
    return 'unread'
  }
}

function noteRestored({ sql, random, clock }: Ports, own: OwnAccount): void {
  for (const { id } of allConversations(sql)) {
    addMessage(sql, {
      conversation: id,
      position: takePosition(sql, id),
      sequence: 0,
      id: MessageId.parse(random.uuid()),
      author: own.account,
      own: 0,
      sent_at: clock.now(),
      kind: 'restored',
    })
  }
}
