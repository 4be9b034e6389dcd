// Makes src/protocol/generated from the .proto files; `--check` only says whether it is up to date.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const source = join(root, 'src/protocol')
const target = join(source, 'generated')

const made = mkdtempSync(join(tmpdir(), 'sotto-generate-'))
try {
  const protos = readdirSync(source).filter((name) => name.endsWith('.proto'))
  const plugin = join(root, 'node_modules/.bin/protoc-gen-es')
  execFileSync('protoc', [
    `--plugin=protoc-gen-es=${plugin}`,
    `--es_out=${made}`,
    '--es_opt=target=ts,import_extension=ts',
    `--proto_path=${source}`,
    ...protos,
  ])
  for (const name of readdirSync(made))
    writeFileSync(join(made, name), erasable(readFileSync(join(made, name), 'utf8')))
  const stale = readdirSync(made).filter(
    (name) => readFileSync(join(made, name), 'utf8') !== readIfThere(join(target, name)),
  )
  if (process.argv.includes('--check')) {
    if (stale.length > 0) throw new Error(`out of date: ${stale.join(', ')}; run npm run generate`)
  } else {
    for (const name of stale) writeFileSync(join(target, name), readFileSync(join(made, name)))
    console.log(stale.length === 0 ? 'generated code is up to date' : `written: ${stale.join(', ')}`)
  }
} finally {
  rmSync(made, { recursive: true })
}

// Node runs TypeScript by erasing types, and an enum is not only a type: each becomes a constant and the type of its values.
function erasable(code: string): string {
  return code.replace(
    /export enum (\w+) \{\n([\s\S]*?)\n\}\n/g,
    (_, name: string, members: string) =>
      `export const ${name} = {\n${members.replace(/^( +)(\w+) = (\d+),$/gm, '$1$2: $3,')}\n} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];\n`,
  )
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
