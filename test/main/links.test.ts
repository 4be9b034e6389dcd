// Which links leave the app.

import { expect, test } from 'vitest'
import { outsideLink } from '../../src/main/links.ts'

test.each([
  ['https://example.org/tea?at=5', 'https://example.org/tea?at=5'],
  ['http://example.org', 'http://example.org/'],
  ['mailto:alice@example.org', 'mailto:alice@example.org'],
  // Looks alike in another alphabet: shown and opened as what it is.
  ['https://ex\u0430mple.org/', 'https://xn--exmple-4nf.org/'],
  // Right-to-left override: encoded, so that it cannot turn the end around.
  ['https://example.org/\u202egpj.exe', 'https://example.org/%E2%80%AEgpj.exe'],
])('[W9] %j may leave, as %j', (address, opened) => {
  expect(outsideLink(address)).toBe(opened)
})

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'smb://server/share',
  '\\\\server\\share',
  'ms-msdt:/id',
  'ms-settings:',
  'vbscript:x',
  'app://sotto/index.html',
  'blob:app://sotto/1',
  'about:blank',
  'ssh://host',
  'tel:112',
  'sotto:anything',
  'https://bank.example@evil.example/',
  'https://:secret@evil.example/',
  'http://',
  'example.org',
  '',
  `https://example.org/${'a'.repeat(4096)}`,
])('[W9] %j may not', (address) => {
  expect(outsideLink(address)).toBeUndefined()
})
