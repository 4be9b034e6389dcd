// The rows of a profile as the host tells them: before its engine is open, and all at once when it opens.

import type { Change, Host, Snapshot, Stage } from '../shared/model.ts'

/** What the host knows better than the engine. */
export type OwnRows = Pick<Snapshot, 'recovery' | 'lock' | 'backup' | 'update' | 'openedLink'>

/** What there is to see while no engine is open. */
export function emptySnapshot(revision: number, host: Host, stage: Stage, own: OwnRows): Snapshot {
  return {
    revision,
    host,
    stage,
    ...own,
    restoredAt: null,
    profile: null,
    connection: { state: 'idle' },
    linking: { state: 'none' },
    history: { arriving: null, leaving: null },
    devices: [],
    settings: { theme: 'system', readReceipts: true, typingIndicators: true },
    contradiction: null,
    conversations: [],
  }
}

/** A snapshot as changes, the stage last. */
export function rowsOf({
  stage,
  recovery,
  lock,
  backup,
  restoredAt,
  update,
  openedLink,
  profile,
  connection,
  settings,
  devices,
  contradiction,
  linking,
  history,
  conversations,
}: Snapshot): Change[] {
  return [
    { kind: 'recovery', recovery },
    { kind: 'lock', lock },
    { kind: 'backup', backup },
    { kind: 'restored', at: restoredAt },
    { kind: 'update', update },
    { kind: 'opened-link', openedLink },
    ...(profile === null ? [] : [{ kind: 'profile', profile } as const]),
    { kind: 'settings', settings },
    { kind: 'connection', connection },
    { kind: 'devices', devices },
    { kind: 'contradiction', contradiction },
    { kind: 'linking', linking },
    { kind: 'history', history },
    ...conversations.map((conversation) => ({ kind: 'conversation', conversation }) as const),
    { kind: 'stage', stage },
  ]
}
