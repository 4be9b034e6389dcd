// A desktop session of its own for a test: a message bus, and on it a real Secret Service in the state asked for.

import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** silent: unlocked, but it does not answer for five seconds, and then it is gone. */
export type SessionState = 'unlocked' | 'locked' | 'silent' | 'no-service' | 'no-bus'

const SERVICE_PROCESS =
  'dbus-send --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets'
/** The daemon returns before it is on the bus. */
const READY = `for try in $(seq 100); do service=$(${SERVICE_PROCESS} 2>/dev/null | awk '{print $2}'); [ -n "$service" ] && break; sleep 0.05; done`
/** It outlives its bus for a moment, and would write into a home that is gone by then. */
const END =
  'status=$?; kill -KILL $service 2>/dev/null; for try in $(seq 100); do kill -0 $service 2>/dev/null || break; sleep 0.02; done; exit $status'
const SILENCE = 'kill -STOP $service; (sleep 5; kill -KILL $service) >/dev/null 2>&1 &'

/** Undefined: a Secret Service can be had here. Else what is missing. */
export const missingForSecretService: string | undefined = ['dbus-run-session', 'gnome-keyring-daemon'].find((tool) => {
  try {
    execFileSync('which', [tool], { stdio: 'ignore' })
    return false
  } catch {
    return true
  }
})

/** The keyring of one person: every session with the same home finds what an earlier one left there. */
export class PersonAtDesk {
  readonly home = mkdtempSync(join(tmpdir(), 'sotto-desk-'))

  /** Runs a TypeScript module with arguments in a session of its own; answers what it wrote, parsed. */
  async run<T>(state: SessionState, module: string, ...args: string[]): Promise<T> {
    const [command, ...words] = this.#command(state, [process.execPath, module, ...args])
    const env = { HOME: this.home, PATH: process.env.PATH, XDG_RUNTIME_DIR: this.home }
    const { stdout } = await promisify(execFile)(command, words, { env, timeout: 60_000 })
    return JSON.parse(stdout)
  }

  leave(): void {
    rmSync(this.home, { recursive: true, force: true })
  }

  #command(state: SessionState, program: string[]): [string, ...string[]] {
    if (state === 'no-bus') return ['env', ...program]
    const config = join(this.home, 'bus.conf')
    // Without service folders: nothing is started behind the test's back.
    writeFileSync(
      config,
      `<busconfig><type>session</type><listen>unix:tmpdir=${this.home}</listen>
       <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
       </busconfig>`,
    )
    const bus: [string, ...string[]] = ['dbus-run-session', `--config-file=${config}`, '--']
    if (state === 'no-service') return [...bus, ...program]
    const passphrase = state === 'locked' ? 'wrong' : 'right'
    const unlock = `printf '${passphrase}\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1`
    const start = [unlock, READY, ...(state === 'silent' ? [SILENCE] : []), '"$@"', END].join('\n')
    return [...bus, 'sh', '-c', start, 'sh', ...program]
  }
}
