// Links that the system hands to the app. Whoever made one decides nothing by it: it is shown, and waits [P176].

import type { Log } from '../engine/ports.ts'
import type { OpenedLinks } from '../host/profile.ts'
import { answer, refuse } from '../shared/answer.ts'
import { readInvitationLink } from '../shared/invitation-link.ts'
import type { OpenedLink } from '../shared/model.ts'

export interface OpenedLinkHolder extends OpenedLinks {
  /** What the system says was clicked. */
  open(link: string): void
}

export function holdOpenedLinks(log: Log): OpenedLinkHolder {
  const listeners = new Set<(link: OpenedLink) => void>()
  let held: OpenedLink = { state: 'none' }

  function hold(next: OpenedLink): void {
    held = next
    for (const listener of listeners) listener(held)
  }

  return {
    state: () => held,
    onChange: (listener) => void listeners.add(listener),
    open(link) {
      // What a person is looking at does not change under their hand: the first one waits, others are not kept.
      if (held.state !== 'none') return log.warn('link.another-waits')
      const readable = readInvitationLink(link) !== undefined
      if (!readable) log.warn('link.unreadable')
      hold(readable ? { state: 'invitation', link: link.trim() } : { state: 'unreadable' })
    },
    dismiss() {
      if (held.state === 'none') return refuse('already-so')
      hold({ state: 'none' })
      return answer(null)
    },
  }
}

/** As an argument of the app: elsewhere than on macOS, a link comes so. */
export function linkAmong(args: readonly string[]): string | undefined {
  return args.find((argument) => /^sotto:/i.test(argument))
}
