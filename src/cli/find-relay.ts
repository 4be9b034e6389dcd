// Where the command line finds a relay: at the address it was given, else where the profile says.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Ports, RelayAddress } from '../engine/ports.ts'

/** What the bundled relay leaves in `<data>/relay/relay.json` while it runs. */
const RelayNote = z.object({ port: z.int().min(1).max(65535), token: z.string() })

/** `given` is used whatever the profile says. The relay of this computer has to be running: the command line starts none. */
export function relayFinder(data: string, given: RelayAddress | 'this-computer' | undefined): Ports['findRelay'] {
  return async (place) => {
    if (typeof given === 'object') return given
    if (given === undefined && place.kind === 'address') return { url: place.url }
    const { port, token } = RelayNote.parse(JSON.parse(readFileSync(join(data, 'relay', 'relay.json'), 'utf8')))
    return { url: `ws://127.0.0.1:${port}`, token }
  }
}
