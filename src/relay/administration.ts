// Administration: what whoever runs a relay may do to it while it runs. It reaches nobody's messages or keys.

import { Username } from '../shared/ids.ts'
import { eraseAccount } from './accounts.ts'
import type { Bell } from './bell.ts'
import type { BlobStore } from './blobs/contract.ts'
import type { Clock } from './ports.ts'
import type { Account, AccountSummary, AdministeredStore } from './store.ts'

export interface AdministrationParts {
  store: AdministeredStore
  /** Undefined: this relay keeps none. */
  blobs: BlobStore | undefined
  bell: Bell
  clock: Clock
}

export interface Administration {
  /** All, by username. */
  accounts(): Promise<AccountSummary[]>
  /** [P19] Whether there is such an account. Its connections are closed. */
  disable(username: string): Promise<boolean>
  enable(username: string): Promise<boolean>
  /** [P59] As if the person had done it. */
  erase(username: string): Promise<boolean>
}

const ACCOUNTS_AT_ONCE = 200

export function createAdministration({ store, blobs, bell, clock }: AdministrationParts): Administration {
  async function find(username: string): Promise<Account | undefined> {
    const parsed = Username.safeParse(username)
    return parsed.success ? store.findUsername(parsed.data) : undefined
  }

  return {
    accounts: async () => {
      const found: AccountSummary[] = []
      for (;;) {
        const page = await store.describeAccounts(found.at(-1)?.username, ACCOUNTS_AT_ONCE)
        found.push(...page)
        if (page.length < ACCOUNTS_AT_ONCE) return found
      }
    },
    disable: async (username) => {
      const account = await find(username)
      if (account === undefined) return false
      await store.setDisabled(account.account, clock.now())
      for (const { device } of account.deviceList.devices)
        bell.ring({ account: account.account, device }, { kind: 'unlisted' })
      return true
    },
    enable: async (username) => {
      const account = await find(username)
      if (account === undefined) return false
      await store.setDisabled(account.account, undefined)
      return true
    },
    erase: async (username) => {
      const account = await find(username)
      if (account === undefined) return false
      await eraseAccount({ store, blobs, bell }, account)
      return true
    },
  }
}
