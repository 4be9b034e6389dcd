// Administering a relay from the command line: npm run relay -- admin …

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { settleRestored } from '../../relay/stores/postgres/restored.ts'
import { unreachable } from '../../shared/answer.ts'
import { askAdmin } from './admin-socket.ts'
import { ELSEWHERE, restore } from './backup.ts'
import { type AdminAnswer, AdminCommand, MOST_INVITATIONS } from './commands.ts'
import { understood } from './complain.ts'
import { readSettings, type Settings, SettingsRefused } from './settings.ts'
import { whyNotUsed } from './store-address.ts'

const USAGE = `Usage: npm run relay -- admin [--data DIR] [--store URL] [--config FILE] COMMAND

  accounts            who is registered
  invite [N]          makes N invitations (default: 1), each good once
  disable USERNAME    keeps somebody out; what is sent to them waits
  enable USERNAME     lets them in again
  erase USERNAME      removes an account with its keys, mailboxes and name, for good
  health              whether it answers
  stats               how much there is
  backup FILE         copies the database, while the relay runs
  restore FILE        puts a copy back; the relay has to be stopped
  restored            with --store: makes a database safe to go on with that PostgreSQL’s own tools, which make and put
                      back its backups, have put back; all relays have to be stopped
`

const OPTIONS = {
  data: { type: 'string' },
  store: { type: 'string' },
  config: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** The lines it answered. Throws SettingsRefused for what cannot be meant, or an Error with a sentence. */
export async function administer(given: readonly string[]): Promise<readonly string[]> {
  const { values, positionals } = understood(USAGE, () =>
    parseArgs({
      args: [...given],
      allowPositionals: true,
      options: OPTIONS,
    }),
  )
  if (values.help) return [USAGE]
  const { data, store } = values
  const settings = readSettings({ file: values.config, environment: process.env, flags: { data, store } })
  const [command, argument, ...more] = positionals
  if (command === undefined) throw new SettingsRefused(USAGE)
  if (more.length > 0) throw notMeant(`${command}: there is nothing that it could do with ${more[0]}`)
  const answer = await ask(settings, command, argument)
  if (!answer.ok) throw new Error(answer.why)
  return answer.lines
}

async function ask({ data, store }: Settings, command: string, argument: string | undefined): Promise<AdminAnswer> {
  if (command === 'restore' && argument !== undefined)
    return store === undefined ? restore(data, resolve(argument)) : { ok: false, why: `a backup ${ELSEWHERE}` }
  if (command === 'restored' && argument === undefined) return settle(store)
  const asked = AdminCommand.safeParse({ command, ...argumentOf(command, argument) })
  if (!asked.success) throw notMeant(whyNot(command, argument))
  return askAdmin(data, asked.data)
}

function notMeant(why: string): SettingsRefused {
  return new SettingsRefused(`${why}\n\n${USAGE}`)
}

function whyNot(command: string, argument: string | undefined): string {
  switch (command) {
    case 'invite':
      return `invite: ${argument} is not a number from 1 to ${MOST_INVITATIONS}`
    case 'disable':
    case 'enable':
    case 'erase':
      return `${command}: whom?`
    case 'backup':
    case 'restore':
      return `${command}: which file?`
    case 'accounts':
    case 'health':
    case 'stats':
    case 'restored':
      return `${command}: there is nothing that it could do with ${argument}`
    default:
      return `there is no command ${command}`
  }
}

async function settle(store: string | undefined): Promise<AdminAnswer> {
  if (store === undefined) return { ok: false, why: 'restored is for a relay with --store; say restore FILE' }
  const settled = await settleRestored(store).catch((error: unknown) => {
    throw new Error(`the database of --store ${whyNotUsed(error)}`)
  })
  switch (settled) {
    case 'settled':
      return { ok: true, lines: ['settled: the relays may be started'] }
    case 'in-use':
      return { ok: false, why: 'a relay is using this database: stop all of them first' }
    case 'no-relay':
      return { ok: false, why: 'this database is no relay’s' }
    default:
      return unreachable(settled)
  }
}

function argumentOf(command: string, argument: string | undefined): object {
  if (command === 'invite') return { count: /^\d+$/.test(argument ?? '1') ? Number(argument ?? 1) : undefined }
  if (argument === undefined) return {}
  return command === 'backup' ? { file: resolve(argument) } : { username: argument }
}
