// Where one writes. Enter sends, Shift Enter begins a line, and a word that is still being composed is left alone.

import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { MAX_TEXT_BYTES } from '../../../shared/limits.ts'
import type { Conversation } from '../../../shared/model.ts'
import { isMessageText } from '../../../shared/typed.ts'
import { ask } from '../../store/ask.ts'
import { arrange, currentDesk, keepDraft } from '../../store/desk.ts'
import { currentMirror, useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { LockIcon, SendIcon, UnlockedIcon } from '../../ui/icons.tsx'
import { conversationName } from '../../ui/person-name.tsx'
import { isChangeable } from './changeable.ts'
import css from './composer.module.css'
import { useDraft } from './use-draft.ts'
import { useTypingNotice } from './use-typing-notice.ts'

/** From here on the bytes that are left are shown. */
const NEARLY_FULL = MAX_TEXT_BYTES - 1024

const utf8 = new TextEncoder()

/** With the arrow up, where nothing is written yet: the last thing one said. */
function editLast(id: Conversation['id']): void {
  const messages = currentMirror()?.pages.get(id)?.messages ?? []
  const last = messages.findLast((message) => message.own && message.content.kind === 'text')
  if (last && isChangeable(last, Date.now())) arrange({ editing: last.id })
}

export function Composer({ conversation }: { conversation: Conversation }) {
  const { id, kind, state } = conversation
  const [text, write] = useDraft(conversation)
  const [problem, setProblem] = useState<string>()
  const typingOn = useMirror((mirror) => mirror.settings.typingIndicators)
  const tellTyping = useTypingNotice(id, typingOn && kind === 'person' && state === 'open')
  // [G8] Locked, unless the person unlocks this one message.
  const isOptional = conversation.kind === 'group' && conversation.group.encryption === 'optional'
  const [isOpen, setOpen] = useState(false)
  const isReadable =
    conversation.kind === 'group' && (conversation.group.encryption === 'off' || (isOptional && isOpen))
  const field = useRef<HTMLTextAreaElement>(null)
  const name = conversationName(conversation)
  const bytes = utf8.encode(text).length
  const sendable = bytes <= MAX_TEXT_BYTES && isMessageText(text)

  // Who opens a conversation can write at once.
  useEffect(() => field.current?.focus(), [])

  async function send() {
    if (!sendable) return
    write('')
    tellTyping(false)
    setProblem(undefined)
    const sent = await ask('sendMessage', {
      conversation: id,
      text: text.trim(),
      ...(isOptional && { readable: isOpen }),
    })
    if (sent.ok) {
      setOpen(false)
      arrange({ divider: null })
      return
    }
    const since = currentDesk().drafts.get(id)
    keepDraft(id, since ? `${text}\n${since}` : text)
    setProblem(failureSentence(sent.failure))
  }

  function onKeyDown(event: KeyboardEvent) {
    // keyCode 229: some input methods report the Enter that ends a composition after it has ended.
    const composing = event.nativeEvent.isComposing || event.keyCode === 229
    if (event.key === 'ArrowUp' && text === '' && !composing && !event.altKey) {
      editLast(id)
      event.preventDefault()
    }
    if (event.key !== 'Enter' || event.shiftKey || composing) return
    event.preventDefault()
    void send()
  }

  function placeholder(): string {
    if (isReadable) return say('composer.placeholderReadable')
    return kind === 'notes' ? say('composer.placeholderNotes') : say('composer.placeholder', { name })
  }

  return (
    <div className={css.composer}>
      {state === 'outgoing-request' && kind !== 'group' && (
        <p className={css.note}>{say('request.outgoing', { name })}</p>
      )}
      <p className={css.problem} role="alert">
        {problem}
      </p>
      <div className={css.line}>
        {isOptional && (
          <IconButton
            label={say(isOpen ? 'group.messageOpen' : 'group.messageLocked')}
            on={!isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? <UnlockedIcon /> : <LockIcon />}
          </IconButton>
        )}
        <label className={classes(css.field, isReadable && css.readable)}>
          <textarea
            className={css.text}
            data-region="composer"
            rows={1}
            // Chromium keeps what stands in a field for when it restores a page, in the clear; but not of such a one.
            autoComplete="off"
            ref={field}
            dir="auto"
            value={text}
            aria-label={say('composer.label', { name })}
            placeholder={placeholder()}
            aria-describedby={bytes > NEARLY_FULL ? `bytes-${id}` : undefined}
            onChange={(event) => {
              write(event.target.value)
              tellTyping(event.target.value.trim() !== '')
            }}
            onKeyDown={onKeyDown}
          />
          {bytes > NEARLY_FULL && (
            <span id={`bytes-${id}`} className={classes(css.bytes, bytes > MAX_TEXT_BYTES && css.over)} role="status">
              {bytes > MAX_TEXT_BYTES
                ? say('composer.tooLong', { count: bytes - MAX_TEXT_BYTES })
                : say('composer.bytesLeft', { count: MAX_TEXT_BYTES - bytes })}
            </span>
          )}
        </label>
        <button
          type="button"
          className={css.send}
          aria-label={say('composer.send')}
          title={say('composer.send')}
          disabled={!sendable}
          onClick={() => void send()}
        >
          <SendIcon />
        </button>
      </div>
    </div>
  )
}
