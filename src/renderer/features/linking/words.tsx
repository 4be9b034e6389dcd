// The words that both screens show alike if nobody stands between.

import { say } from '../../text/say.ts'
import css from './words.module.css'

export function Words({ words }: { words: readonly string[] }) {
  return (
    <ol className={css.words} aria-label={say('linking.words')} lang="en" dir="ltr">
      {words.map((word, at) => (
        // A word may come twice.
        // biome-ignore lint/suspicious/noArrayIndexKey: they never change places
        <li key={at} className={css.word}>
          {word}
        </li>
      ))}
    </ol>
  )
}
