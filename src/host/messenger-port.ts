// What a host expects of the engine: how it is opened, and what it then is.

import type { Ports } from '../engine/ports.ts'
import type { refuse } from '../shared/answer.ts'
import type { Handlers } from '../shared/api.ts'
import type { ChangeSet, Host } from '../shared/model.ts'

/** Every call but those that are about opening, which is the host's affair. */
export type EngineHandlers = Omit<Handlers, 'openProfile' | 'openSecondProfile'>

export interface Messenger {
  handlers: EngineHandlers
  /** Returns how to stop listening. */
  onChange(listener: (changes: ChangeSet) => void): () => void
  /** Ends everything that is under way. The ports stay the host's to close. */
  close(): Promise<void>
}

/**
 * On a database that may be empty: then its snapshot says `welcome` until createProfile succeeded. May refuse with
 * database-newer; throws a SqlFailure as the database does.
 */
export type OpenMessenger = (ports: Ports, host: Host) => Promise<Messenger | ReturnType<typeof refuse>>
