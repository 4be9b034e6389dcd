// Run inside a session of its own: does with the keychain what the arguments say, and writes what came of it as JSON.

import keytar from 'keytar'
import { systemClock } from '../../src/host/clock.ts'
import { createKeychain } from '../../src/host/keychain.ts'
import { Secret } from '../../src/host/secret.ts'

export type Step = ['write', account: string, text: string] | ['read' | 'remove', account: string] | ['list']
/** `ok`, the text that was read, `missing`, or the failure's code; for `list` the accounts, with commas. */
export type StepOutcome = string

const SERVICE = 'Sotto test'
const keychain = createKeychain(SERVICE, systemClock, 1500)

async function take([what, account = '', text = '']: Step): Promise<StepOutcome> {
  // Only where the keyring is unlocked: keytar ends the process when it finds locked items this way.
  if (what === 'list')
    return (await keytar.findCredentials(SERVICE))
      .map((item) => item.account)
      .sort()
      .join()
  if (what === 'remove') {
    const removed = await keychain.remove(account)
    return removed.ok ? 'ok' : removed.failure.code
  }
  if (what === 'write') {
    const written = await keychain.write(account, new Secret(new TextEncoder().encode(text)))
    return written.ok ? 'ok' : written.failure.code
  }
  const found = await keychain.read(account)
  if (!found.ok) return found.failure.code
  return found.value?.use((bytes) => new TextDecoder().decode(bytes)) ?? 'missing'
}

const steps: Step[] = JSON.parse(process.argv[2] ?? '[]')
const outcomes: StepOutcome[] = []
for (const step of steps) outcomes.push(await take(step))
process.stdout.write(JSON.stringify(outcomes))
