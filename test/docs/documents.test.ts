// The documents hold what they promise: commands that exist, links that lead somewhere, nothing of one machine.

import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { documents, read, root } from './project.ts'

/** Hosts that documents may send people to. */
const knownHosts =
  /^(relay\.example\.org|www\.jsonrpc\.org|keepachangelog\.com|semver\.org|www\.conventionalcommits\.org)$/
const packageJson: { scripts: Record<string, string> } = JSON.parse(read('package.json').text)

describe.each(documents())('$path', ({ path, text }) => {
  test('its links lead somewhere', () => {
    for (const [, link = ''] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', heading] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      expect(existsSync(join(root, target)), link).toBe(true)
      if (heading !== undefined) expect(headings(read(target).text), link).toContain(heading)
    }
  })

  test('the files it names are there', () => {
    for (const [, file = ''] of text.matchAll(/`((?:src|test|scripts|docs|resources)\/[\w./-]+\.\w+)`/g))
      expect(existsSync(join(root, file)), file).toBe(true)
  })

  test('its commands exist', () => {
    for (const [, name = ''] of text.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
      expect(Object.keys(packageJson.scripts), name).toContain(name)
  })

  test('it names no folder of a particular machine', () => {
    expect(text).not.toMatch(/(?<![\w.~<>-])\/(?:work|home|root|Users|tmp)\//)
  })

  test('it sends nobody to a host that we do not know', () => {
    const hosts = [...text.matchAll(/\b(?:https?|wss?):\/\/([^/\s:)`"'>…,]+)/g)].map(([, host = '']) => host)
    expect(hosts.filter((host) => !knownHosts.test(host) && !/^(127\.0\.0\.1|localhost|.*\.test)$/.test(host))).toEqual(
      [],
    )
  })
})

test('README.md lists every document', () => {
  const { text } = read('README.md')
  const unlisted = documents()
    .map(({ path }) => path)
    .filter((path) => path !== 'README.md' && !path.startsWith('docs/decisions/') && !text.includes(`(${path})`))
  expect(unlisted).toEqual([])
})

test('every decision is in the list of them', () => {
  const { text } = read('docs/decisions/README.md')
  for (const { path } of documents().filter(({ path }) => /^docs\/decisions\/\d/.test(path)))
    expect(text).toContain(`(${path.slice('docs/decisions/'.length)})`)
})

test('the screenshots of README.md are there, and small', () => {
  const shown = [...read('README.md').text.matchAll(/docs\/images\/[\w-]+\.png/g)].map(([path]) => path)
  expect(shown.length).toBeGreaterThanOrEqual(2)
  for (const path of shown) expect(statSync(join(root, path)).size, path).toBeLessThan(250_000)
})

test('the lockfile names no place that packages were fetched from', () => {
  expect(read('package-lock.json').text).not.toContain('"resolved"')
})

/** Without what stands in blocks of code, where brackets mean something else. */
function prose(text: string): string {
  return text.replace(/```[\s\S]*?```/g, '')
}

/** As links name them. */
function headings(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
