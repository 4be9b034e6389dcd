// The smallest messenger that a host can open: it knows whether there is an account, and keeps drafts.

import type { EngineHandlers, Messenger } from '../../src/engine/messenger.ts'
import type { Ports } from '../../src/engine/ports.ts'
import { type Answer, answer, refuse } from '../../src/shared/answer.ts'
import { api } from '../../src/shared/api.ts'
import { AccountId, DeviceId } from '../../src/shared/ids.ts'
import type { Change, ChangeSet, Host, Profile, Snapshot } from '../../src/shared/model.ts'

const ACCOUNT = AccountId.parse('2f1b1a51-6c4a-4f0e-9d3f-0a8a3c2b7e11')

/** Only `taken` is a username that the relay refuses. */
export async function openTinyMessenger(ports: Ports, host: Host): Promise<Answer<Messenger>> {
  const { sql } = ports
  const version = sql.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  if (version > 1) return refuse('database-newer')
  if (version === 0) {
    sql.script('CREATE TABLE account (profile TEXT, draft TEXT) STRICT; PRAGMA user_version = 1')
    sql.script('CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT')
  }
  const listeners = new Set<(changes: ChangeSet) => void>()
  let revision = 0
  const tell = (...changes: Change[]) => {
    revision += 1
    for (const listener of listeners) listener({ revision, changes })
  }
  const profile = (): Profile | null => {
    const row = sql.get<{ profile: string }>('SELECT profile FROM account')
    return row === undefined ? null : JSON.parse(row.profile)
  }
  const snapshot = (): Snapshot => ({
    revision,
    host,
    stage: profile() === null ? { stage: 'welcome' } : { stage: 'open' },
    recovery: 'confirmed',
    lock: { passphrase: false, idleMinutes: null },
    backup: { place: null, lastAt: null, work: null },
    restoredAt: null,
    update: { state: 'none' },
    openedLink: { state: 'none' },
    profile: profile(),
    connection: { state: 'idle' },
    linking: { state: 'none' },
    history: { arriving: null, leaving: null },
    settings: { theme: 'dark', readReceipts: true, typingIndicators: true },
    devices: [],
    contradiction: null,
    conversations: [],
  })
  const known: Partial<EngineHandlers> = {
    getSnapshot: async () => {
      const taken = snapshot()
      // Something happens between taking a snapshot and its arrival.
      tell({ kind: 'connection', connection: { state: 'connecting' } })
      return answer(taken)
    },
    createProfile: async ({ name, username, relay }) => {
      if (profile() !== null) return refuse('profile-exists')
      if (username === 'taken') return refuse('username-taken')
      const made: Profile = {
        account: ACCOUNT,
        device: DeviceId.parse(1),
        username,
        name,
        about: '',
        avatar: null,
        relay,
      }
      sql.run('INSERT INTO account (profile) VALUES (?)', [JSON.stringify(made)])
      await ports.generation.write(1)
      tell({ kind: 'profile', profile: made }, { kind: 'stage', stage: { stage: 'open' } })
      return answer(made)
    },
    saveDraft: async ({ text }) => {
      sql.run('UPDATE account SET draft = ?', [text])
      return answer(null)
    },
    setTyping: async () => {
      tell({ kind: 'connection', connection: { state: 'connecting' } })
      return answer(null)
    },
    updateProfile: async ({ name }) => {
      const before = profile()
      if (before === null) return refuse('no-profile')
      const after = { ...before, name: name ?? before.name }
      sql.run('UPDATE account SET profile = ?', [JSON.stringify(after)])
      return answer(after)
    },
  }
  const rest = Object.keys(api).map((name) => [name, async () => refuse('not-available-here')])
  const handlers: EngineHandlers = { ...Object.fromEntries(rest), ...known }
  return answer({
    handlers,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => listeners.clear(),
  })
}
