// What app:// serves, and what it does not however it is asked.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTENT_SECURITY_POLICY, servePages } from '../../src/main/pages.ts'

const SECRET = 'nobody may read this'
let root: string
let ask: (path: string, method?: string) => Promise<Response>

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sotto-pages-'))
  const pages = join(root, 'renderer')
  mkdirSync(join(pages, 'assets'), { recursive: true })
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>Sotto</title>')
  writeFileSync(join(pages, 'assets', 'index.js'), 'export {}')
  writeFileSync(join(pages, 'assets', 'index.js.map'), SECRET)
  writeFileSync(join(root, 'secret.html'), SECRET)
  mkdirSync(join(root, 'rendererX'))
  writeFileSync(join(root, 'rendererX', 'index.html'), SECRET)
  symlinkSync(join(root, 'secret.html'), join(pages, 'link.html'))
  symlinkSync(root, join(pages, 'up'))
  const serve = servePages(pages)
  // A plain object: `Request` would normalise the address before the handler sees it.
  ask = (url, method = 'GET') => serve({ url, method } as Request)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('[W5] app://', () => {
  test('serves the window its own files, with their types', async () => {
    for (const address of ['app://sotto/', 'app://sotto/index.html', 'app://sotto/index.html?profile=main#top']) {
      const page = await ask(address)
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    }
    expect((await ask('app://sotto/assets/index.js')).headers.get('content-type')).toBe(
      'text/javascript; charset=utf-8',
    )
  })

  test.each([
    'app://sotto/../secret.html',
    'app://sotto/assets/../../secret.html',
    'app://sotto/%2e%2e/secret.html',
    'app://sotto/%2E%2E%2Fsecret.html',
    'app://sotto/..%2fsecret.html',
    'app://sotto/..%5csecret.html',
    'app://sotto/..\\secret.html',
    'app://sotto/%252e%252e/secret.html',
    'app://sotto//etc/passwd',
    'app://sotto/etc/passwd',
    'app://sotto/\0/../secret.html',
    'app://sotto/index.html%00.js',
    'app://sotto/index.html\0.js',
    'app://sotto/C:/Windows/win.ini',
    'app://sotto/\\\\server\\share\\file',
    'app://sotto/link.html',
    'app://sotto/up/secret.html',
    'app://sotto/../rendererX/index.html',
    'app://sotto/assets',
    'app://sotto/assets/',
    'app://sotto/assets/index.js.map',
    'app://sotto/__proto__',
    'app://sotto/constructor',
    'app://sotto',
    'app://sotto@evil/index.html',
    'app://sotto.evil/index.html',
    'app://evil/index.html',
    'app://evil/?app://sotto/index.html',
    'file:///etc/passwd',
    'https://sotto/index.html',
    '',
  ])('does not serve %j', async (address) => {
    const page = await ask(address)
    expect([page.status, await page.text()]).toEqual([404, ''])
  })

  test('answers nothing but what lies in the folder, whatever is asked', async () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%5c',
      '\0',
      'secret.html',
      'assets',
      'renderer',
      'up',
      '//',
      '?',
      '#',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }), async (pieces) => {
        const page = await ask(`app://sotto/${pieces.join('')}`)
        expect(await page.text()).not.toContain(SECRET)
      }),
      { numRuns: 500 },
    )
  })

  test('is only read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
      expect((await ask('app://sotto/index.html', method)).status).toBe(405)
    }
  })
})

describe('[W6] every answer', () => {
  test.each(['app://sotto/', 'app://sotto/missing'])('%s carries the policy', async (address) => {
    const { headers } = await ask(address)
    expect(headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('the policy lets nothing in from outside and nothing out', () => {
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|http|data:|\*/)
    expect(CONTENT_SECURITY_POLICY.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob:",
      "font-src 'self'",
      "connect-src 'none'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
  })
})
