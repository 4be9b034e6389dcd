// A chat as a page for any browser: plain text in plain markup, without a script, which a policy forbids besides.

import type { Message, MessageContent, Profile } from '../../shared/model.ts'
import type { Exported } from './exports.ts'
import { nameOf } from './names.ts'

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export async function* conversationPage(exported: Exported): AsyncGenerator<string> {
  const { conversation, profile, at, messages } = exported
  const name = nameOf(conversation)
  yield head(name)
  yield `<h1><bdi>${asText(name)}</bdi></h1>\n`
  yield `<p class="about">Exported from Sotto by <bdi>${asText(profile.name)}</bdi> (@${asText(profile.username)}), ${when(at)}. Nothing here proves who wrote what.</p>\n<ol>\n`
  for await (const page of messages) for (const message of page) yield lineOf(message, exported)
  yield '</ol>\n</body>\n</html>\n'
}

export function* indexPage(
  profile: Profile,
  at: number,
  chats: readonly { name: string; file: string; messages: number }[],
): Generator<string> {
  yield head('Sotto')
  yield `<h1>Chats of <bdi>${asText(profile.name)}</bdi></h1>\n<p class="about">Exported from Sotto, ${when(at)}.</p>\n<ul>\n`
  for (const { name, file, messages } of chats) {
    yield `<li><a href="${asText(file)}"><bdi>${asText(name)}</bdi></a> <small>${messages}</small></li>\n`
  }
  yield '</ul>\n</body>\n</html>\n'
}

function lineOf(message: Message, { profile, conversation }: Exported): string {
  const author = message.own ? profile.name : (message.authorName ?? nameOf(conversation))
  const { content } = message
  const body =
    content.kind === 'text'
      ? `<p dir="auto">${asText(content.text)}</p>`
      : `<p class="note">${asText(noteOf(content))}</p>`
  const side = content.kind !== 'text' ? 'notice' : message.own ? 'own' : 'other'
  return `<li class="${side}"><b><bdi>${asText(author)}</bdi></b> ${when(message.sentAt)}${body}</li>\n`
}

/** What stands where no text is. */
function noteOf(content: Exclude<MessageContent, { kind: 'text' }>): string {
  switch (content.kind) {
    case 'gap':
      return `${content.missing} missing here`
    case 'undecryptable':
    case 'key-missing':
      return 'A message that could not be opened'
    case 'new-safety-number':
      return 'New safety number'
    case 'restored':
      return 'Restored from a backup'
    default:
      return content.kind
  }
}

function when(at: number): string {
  return `<time datetime="${new Date(at).toISOString()}">${asText(time.format(at))}</time>`
}

function head(title: string): string {
  return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self'">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>${asText(title)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
ol, ul { padding: 0; list-style: none; }
li { margin: 0 0 .75rem; }
li p { margin: .15rem 0 0; padding: .5rem .75rem; border-radius: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; background: #8882; }
.own { padding-inline-start: 4rem; }
.other { padding-inline-end: 4rem; }
.note, .about, time, small { opacity: .7; font-size: .85rem; }
</style>
</head>
<body>
`
}

/** For text and for attributes in double quotes. What turns the direction of a line around is taken out. */
function asText(text: string): string {
  return text
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll(/(?![\n\t])\p{Cc}/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
