// Which conversations: all, those with something unread, those who ask to talk.

import { ToggleGroup } from 'radix-ui'
import { arrange, type Tab, useDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { inTab } from './listed.ts'
import css from './tabs.module.css'

const tabs: readonly Tab[] = ['all', 'unread', 'groups', 'requests', 'archived']

export function Tabs() {
  const chosen = useDesk((desk) => desk.tab)
  const conversations = useMirror((mirror) => mirror.conversations)
  const count = (tab: Tab) => [...conversations.values()].filter((conversation) => inTab(conversation, tab)).length
  return (
    <ToggleGroup.Root
      type="single"
      className={css.tabs}
      aria-label={say('list.filter')}
      value={chosen}
      onValueChange={(value) => {
        const tab = tabs.find((known) => known === value)
        if (tab) arrange({ tab })
      }}
    >
      {tabs
        .filter((tab) => !isOnlyIfAny(tab) || tab === chosen || count(tab) > 0)
        .map((tab) => (
          <ToggleGroup.Item key={tab} value={tab} className={css.tab}>
            {say(`list.${tab}`, { count: count(tab) })}
          </ToggleGroup.Item>
        ))}
    </ToggleGroup.Root>
  )
}

/** What many people never have takes no room. */
function isOnlyIfAny(tab: Tab): boolean {
  return tab === 'archived' || tab === 'groups'
}
