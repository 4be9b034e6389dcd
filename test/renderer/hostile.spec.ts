// [fault 43] What strangers may write: it is shown as text, does nothing, and leaves the window in shape.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { bubble, openChat, writing } from './story.ts'
import { openWindows, type Windows } from './window.ts'

let windows: Windows
beforeAll(async () => {
  windows = await openWindows()
}, 120_000)
afterAll(() => windows.close())

const corpus: ReadonlyArray<readonly [what: string, text: string]> = [
  ['a script', '<script>document.title="taken"</script>'],
  ['an image that fails', '<img src=x onerror="document.title=\'taken\'">'],
  [
    'a drawing that loads',
    '<svg onload="document.title=\'taken\'"><animate onbegin="document.title=\'taken\'"/></svg>',
  ],
  ['a link that runs', 'javascript:document.title="taken"'],
  ['a style', '</textarea></div><style>*{display:none!important}</style>'],
  ['an entity', '&lt;b&gt;bold&lt;/b&gt; &#x1F525;'],
  [
    'a template',
    '{{constructor.constructor("document.title=\'taken\'")()}} #{7*7} <%= 7*7 %> {count, plural, other {#}}',
  ],
  ['a prototype', '__proto__'],
  ['a reversed name', 'invoice\u202Egpj.exe'],
  ['unclosed isolates', '\u2066\u2067\u2068\u202D'.repeat(50) + 'end'],
  ['nothing to see', '\u200B\u200D\uFEFF\u2060 x'],
  ['zalgo', `Z${'\u0301\u0489\u0334'.repeat(1300)}algo`],
  ['lookalikes', 'pаypаl ⅿicrosoft'],
  ['one long line', 'x'.repeat(8192)],
  ['many lines', '\n'.repeat(2000) + 'end'],
  ['emoji', '👨‍👩‍👧‍👦🏳️‍🌈'.repeat(150)],
  ['flags without end', '🏴' + '\u{E0067}'.repeat(1000)],
  ['a path', '../../../etc/passwd\\..\\CON'],
  ['a NUL', 'before\u0000after'],
]

test.each(corpus)('%s', async (_what, text) => {
  const { page, complaints } = await windows.open('day')
  await page.evaluate((words) => window.stage.meet(60, words.slice(0, 4000), 'mallory', words), text)
  await page.locator('[data-row]').first().click()
  await page.locator('[data-message]').first().waitFor({ state: 'attached' })
  await openChat(page, 'Iris Okafor')
  await bubble(page, 'sounds right to me').waitFor()
  await page.evaluate((words) => window.stage.receive('iris', words), text)
  await page.evaluate(() => window.stage.receive('iris', 'and this is the end'))
  await bubble(page, 'and this is the end').waitFor()

  expect(await page.title()).not.toContain('taken')
  expect(await page.locator('[data-region="messages"] :is(script, img, style, a, iframe, animate)').count()).toBe(0)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1440)
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(900)
  const rows = await page.locator('[data-row]').evaluateAll((all) => all.map((one) => one.getBoundingClientRect()))
  for (const { width, height } of rows) {
    expect(width).toBeLessThanOrEqual(316)
    expect(height).toBeLessThanOrEqual(64)
  }
  expect(await writing(page).isVisible()).toBe(true)
  expect(complaints).toEqual([])
})

test('what is pasted is plain text', async () => {
  const { page } = await windows.open('day')
  await openChat(page, 'Iris Okafor')
  await page.evaluate(async () => {
    const html = new Blob(['<b>bold</b><img src=x>'], { type: 'text/html' })
    const plain = new Blob(['bold'], { type: 'text/plain' })
    await navigator.clipboard.write([new ClipboardItem({ 'text/html': html, 'text/plain': plain })])
  })
  await writing(page).press('Control+v')
  expect(await writing(page).inputValue()).toBe('bold')
})
