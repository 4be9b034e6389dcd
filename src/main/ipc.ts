// The one door between the window and the messenger: one call in, one stream of changes out. Nothing else uses ipcMain.

import { ipcMain, type WebContents } from 'electron'
import { type Answer, refuse } from '../shared/answer.ts'
import type { Handlers } from '../shared/api.ts'
import { CHANGE_CHANNEL, INVOKE_CHANNEL } from '../shared/channels.ts'
import type { ChangeSet } from '../shared/model.ts'
import { isOurPage, limitCalls } from './door.ts'
import { ORIGIN } from './pages.ts'

export interface Door {
  /** Calls that come before them wait for them. */
  handlers: Promise<Handlers>
  /** The page of the window there is now, if there is one. */
  page(): WebContents | undefined
  /** Milliseconds that only grow. */
  monotonic(): number
  /** A call came from elsewhere than our page. */
  stranger(): void
  /** A handler broke its promise and threw. */
  broken(call: string, error: unknown): void
}

/** Opens the door; answers how to push changes through it. */
export function openDoor(door: Door): (changes: ChangeSet) => void {
  const wait = limitCalls(door.monotonic)
  ipcMain.handle(INVOKE_CHANNEL, async (event, name: unknown, input: unknown): Promise<Answer<unknown>> => {
    if (event.sender !== door.page() || !isOurPage(event.senderFrame, ORIGIN)) {
      door.stranger()
      throw new Error('refused')
    }
    const milliseconds = wait()
    if (milliseconds > 0) return refuse('rate-limited', undefined, milliseconds)
    const [{ dispatch }, handlers] = await Promise.all([import('../shared/dispatch.ts'), door.handlers])
    return dispatch(handlers, name, input, door.broken)
  })
  return (changes) => {
    const page = door.page()
    if (page !== undefined && !page.isDestroyed() && isOurPage(page.mainFrame, ORIGIN))
      page.send(CHANGE_CHANNEL, changes)
  }
}
