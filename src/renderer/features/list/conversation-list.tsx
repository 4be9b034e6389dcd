// The second column: search, tabs, the conversations, and how the relay is.

import { useState } from 'react'
import type { Failure } from '../../../shared/failure.ts'
import { readUsername } from '../../../shared/typed.ts'
import { findAndOpen, openConversation } from '../../store/ask.ts'
import { arrange, useDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { IconButton } from '../../ui/button.tsx'
import { WriteIcon } from '../../ui/icons.tsx'
import { HistoryProgress } from '../linking/history-progress.tsx'
import { ContradictionBanner } from '../window/contradiction.tsx'
import { UpdateReady } from '../window/update-ready.tsx'
import { ConnectionFooter } from './connection-footer.tsx'
import css from './conversation-list.module.css'
import { ConversationRows } from './conversation-rows.tsx'
import { EmptyList } from './empty-list.tsx'
import { listed } from './listed.ts'
import { SearchField } from './search-field.tsx'
import { Tabs } from './tabs.tsx'

type Finding = { state: 'looking' } | { state: 'refused'; failure: Failure }

export function ConversationList() {
  const conversations = useMirror((mirror) => mirror.conversations)
  const tab = useDesk((desk) => desk.tab)
  const search = useDesk((desk) => desk.search)
  const open = useDesk((desk) => desk.open)
  const [finding, setFinding] = useState<Finding>()
  const rows = listed([...conversations.values()], tab, search, open)
  const username = readUsername(search.trim().replace(/^@/, ''))

  async function find() {
    if (username === undefined) return
    setFinding({ state: 'looking' })
    const found = await findAndOpen(username)
    setFinding(found.ok ? undefined : { state: 'refused', failure: found.failure })
    if (found.ok) arrange({ search: '', tab: 'all' })
  }

  function enter() {
    const [first] = rows
    if (first && !search.startsWith('@')) openConversation(first.id)
    else void find()
  }

  return (
    <section className={css.list} aria-label={say('list.title')}>
      <header className={css.header}>
        <h1 className={css.title}>{say('list.title')}</h1>
        <IconButton label={say('list.newChat')} onClick={() => arrange({ dialog: { kind: 'new-chat' } })}>
          <WriteIcon />
        </IconButton>
      </header>
      <SearchField
        value={search}
        onChange={(text) => {
          setFinding(undefined)
          arrange({ search: text })
        }}
        onEnter={enter}
      />
      <Tabs />
      {rows.length > 0 && <ConversationRows rows={rows} />}
      {rows.length === 0 && <EmptyList tab={tab} search={search} anyone={conversations.size > 0} />}
      {search !== '' && username !== undefined && (
        <div className={css.find}>
          <button type="button" className={css.findButton} onClick={() => void find()}>
            {say(finding?.state === 'looking' ? 'list.finding' : 'list.find', { username })}
          </button>
          <p className={css.problem} role="alert">
            {finding?.state === 'refused' && failureSentence(finding.failure)}
          </p>
        </div>
      )}
      <ContradictionBanner />
      <HistoryProgress />
      <UpdateReady />
      <ConnectionFooter />
    </section>
  )
}
