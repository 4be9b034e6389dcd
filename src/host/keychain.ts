// The keychain of the operating system: where secrets of a profile lie, and what it means when it does not answer.
//
// Of keytar only get, set and delete are used: its findCredentials ends the process when it meets a locked item (7.10.6).

import type { Clock } from '../engine/ports.ts'
import { type Answer, answer, refuse } from '../shared/answer.ts'
import { Secret } from './secret.ts'

/**
 * Items by account name. Refusals: keychain-locked, keychain-absent, keychain-timeout (it waits for a person), and
 * keychain-changed where an item is there but was tampered with. A refusal says nothing about whether an item exists.
 */
export interface Keychain {
  /** Undefined: the keychain can be read, and has no such item. */
  read(account: string): Promise<Answer<Secret | undefined>>
  write(account: string, secret: Secret): Promise<Answer<null>>
  /** Also where there is no such item. */
  remove(account: string): Promise<Answer<null>>
}

type Keytar = typeof import('keytar')

/** Milliseconds a person gets for unlocking before we say that we wait for them. */
const PATIENCE = 30_000
const PROBE = 'probe'

/** `service` is the name people see in the keychain. `patience` in milliseconds. */
export function createKeychain(service: string, clock: Clock, patience = PATIENCE): Keychain {
  return new SystemKeychain(service, clock, patience)
}

class SystemKeychain implements Keychain {
  readonly #service: string
  readonly #clock: Clock
  readonly #patience: number
  #before: Promise<unknown> = Promise.resolve()

  constructor(service: string, clock: Clock, patience: number) {
    this.#service = service
    this.#clock = clock
    this.#patience = patience
  }

  async read(account: string): Promise<Answer<Secret | undefined>> {
    const first = await this.#readNow(account)
    if (!first.ok || first.value !== undefined || process.platform !== 'linux') return first
    // The Secret Service says "no such item" of a locked keyring too. Only writing tells the two apart; where there is a
    // desktop, it also lets the person unlock, and then the item may be there after all.
    const probed = await this.#probe()
    return probed.ok ? this.#readNow(account) : probed
  }

  async write(account: string, secret: Secret): Promise<Answer<null>> {
    const text = secret.use((bytes) => Buffer.from(bytes).toString('base64'))
    const written = await this.#ask((keytar) => keytar.setPassword(this.#service, account, text))
    return written.ok ? answer(null) : written
  }

  async remove(account: string): Promise<Answer<null>> {
    const removed = await this.#ask((keytar) => keytar.deletePassword(this.#service, account))
    if (!removed.ok || removed.value) return removed.ok ? answer(null) : removed
    // "No such item" may mean a locked keyring here too.
    const left = await this.read(account)
    return left.ok ? answer(null) : left
  }

  async #readNow(account: string): Promise<Answer<Secret | undefined>> {
    const found = await this.#ask((keytar) => keytar.getPassword(this.#service, account))
    if (!found.ok) return found
    return answer(found.value === null ? undefined : new Secret(Uint8Array.from(Buffer.from(found.value, 'base64'))))
  }

  #probe(): Promise<Answer<unknown>> {
    return this.#ask(async (keytar) => {
      await keytar.setPassword(this.#service, PROBE, PROBE)
      return keytar.deletePassword(this.#service, PROBE)
    })
  }

  /**
   * One call at a time: each that waits for a person keeps one of the few threads of the process busy. What was still in
   * line when its time was over is never done: nobody waits for it any more. What had begun cannot be called off, and the
   * process does not end before the person has answered or dismissed the system's question.
   */
  async #ask<T>(call: (keytar: Keytar) => Promise<T>): Promise<Answer<T>> {
    let over = false
    const called = this.#before.then(async () => {
      if (over) return waiting()
      // Loaded late: where the system's own library is missing, that is an absent keychain and not a broken app.
      return answer(await call((await import('keytar')).default))
    })
    this.#before = called.catch(() => {})
    const { promise: timeout, resolve } = Promise.withResolvers<Answer<T>>()
    const stop = this.#clock.after(this.#patience, () => {
      over = true
      resolve(waiting())
    })
    const outcome = await Promise.race([called.catch(refusalOf), timeout])
    stop()
    return outcome
  }
}

function waiting() {
  return refuse('keychain-timeout', 'the keychain waits for a person')
}

/** Keytar passes on what the system says, in words: these are the ones of libsecret and of macOS. */
function refusalOf(error: unknown) {
  const message = error instanceof Error ? error.message : 'unknown'
  const locked = /locked|dismissed|cancell?ed|denied|not allowed|passphrase/i.test(message)
  return refuse(locked ? 'keychain-locked' : 'keychain-absent', message)
}
