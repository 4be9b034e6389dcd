// What a running relay does when it is administered: each command, and the lines it answers.

import { z } from 'zod'
import type { Administration } from '../../relay/administration.ts'
import type { Relay } from '../../relay/relay.ts'
import type { AccountSummary, AdministeredStore } from '../../relay/store.ts'
import { unreachable } from '../../shared/answer.ts'
import { backUp } from './backup.ts'

const username = z.string()
/** Made at once. */
export const MOST_INVITATIONS = 1000

export const AdminCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('accounts') }),
  z.strictObject({ command: z.literal('invite'), count: z.int().min(1).max(MOST_INVITATIONS) }),
  z.strictObject({ command: z.enum(['disable', 'enable', 'erase']), username }),
  z.strictObject({ command: z.literal('health') }),
  z.strictObject({ command: z.literal('stats') }),
  /** An absolute path. */
  z.strictObject({ command: z.literal('backup'), file: z.string() }),
])
export type AdminCommand = z.infer<typeof AdminCommand>

export const AdminAnswer = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), lines: z.array(z.string()) }),
  z.strictObject({ ok: z.literal(false), why: z.string() }),
])
export type AdminAnswer = z.infer<typeof AdminAnswer>

export interface CommandParts {
  relay: Pick<Relay, 'invite' | 'isWell'>
  store: AdministeredStore
  administration: Administration
}

export async function runCommand(parts: CommandParts, asked: AdminCommand): Promise<AdminAnswer> {
  const { relay, store, administration } = parts
  switch (asked.command) {
    case 'accounts':
      return done(ACCOUNT_COLUMNS, ...(await administration.accounts()).map(lineOf))
    case 'invite': {
      const codes: string[] = []
      while (codes.length < asked.count) codes.push(await relay.invite())
      return done(...codes)
    }
    case 'disable':
    case 'enable':
    case 'erase':
      if (await administration[asked.command](asked.username)) return done(`${asked.command}d ${asked.username}`)
      return { ok: false, why: `nobody here is called ${asked.username}` }
    case 'health':
      if (await relay.isWell()) return done('well')
      return { ok: false, why: 'its store does not answer, or it does not hear the relays that share it' }
    case 'stats':
      return done(...Object.entries(await store.totals()).map(([name, value]) => `${name}\t${value}`))
    case 'backup':
      return withoutBlobs(await backUp(store, asked.file), (await store.totals()).blobs)
    default:
      return unreachable(asked)
  }
}

const ACCOUNT_COLUMNS = ['username', 'account', 'devices', 'waiting', 'registered', 'last seen', 'disabled'].join('\t')

function lineOf({ username, account, devices, held, registeredAt, lastSeenAt, disabledAt }: AccountSummary): string {
  return [username, account, devices, held, day(registeredAt), day(lastSeenAt), day(disabledAt)].join('\t')
}

function day(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString().slice(0, 10)
}

/** Their bytes are no part of the database. */
function withoutBlobs(backup: AdminAnswer, blobs: number): AdminAnswer {
  if (!backup.ok || blobs === 0) return backup
  return done(...backup.lines, `without the bytes of ${blobs} blobs: copy the place where they are too`)
}

function done(...lines: string[]): AdminAnswer {
  return { ok: true, lines }
}
