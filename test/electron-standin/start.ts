// Starts an unmodified Electron app directory: answers `electron` with the stand-in, then runs the app's main module.

import { readFileSync, statSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { app } from './app.ts'
import { type AppPackage, launch } from './launch.ts'

const here = dirname(fileURLToPath(import.meta.url))
const electronModule = pathToFileURL(join(here, 'electron.ts')).href
const electronNames = new Set(['electron', 'electron/main', 'electron/common'])
const slowImportMs = 10_000

/** @param args everything after the executable's name, as Electron would be given it */
export function start(args: readonly string[]): void {
  const { required, directory } = readArguments(args)
  describeProcess(args)
  registerHooks({
    resolve: (name, context, next) =>
      electronNames.has(name) ? { url: electronModule, shortCircuit: true } : next(name, context),
  })

  const isDirectory = statSync(directory).isDirectory()
  const manifest = isDirectory ? readPackage(directory) : { name: 'electron-app', version: '0.0.0' }
  const main = isDirectory ? resolve(directory, manifest.main ?? 'index.js') : directory
  launch.directory = isDirectory ? directory : dirname(directory)
  launch.manifest = manifest
  launch.args = args

  const require = createRequire(import.meta.url)
  for (const module of required) require(module)
  runMain(main)
}

/** Electron is ready only after the main module has run: a second instance must get the chance to leave before that. */
function runMain(main: string): void {
  const slow = setTimeout(() => {
    console.error('stand-in: the main module is still loading (does it await app.whenReady() at the top level?)')
  }, slowImportMs)
  import(pathToFileURL(main).href)
    .then(() => app.start())
    .catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
    .finally(() => clearTimeout(slow))
}

function readArguments(args: readonly string[]): { required: string[]; directory: string } {
  const required: string[] = []
  let directory: string | undefined
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? ''
    if (argument === '-r' || argument === '--require') required.push(args[++index] ?? '')
    else if (directory === undefined && !argument.startsWith('-')) directory = argument
  }
  return { required, directory: resolve(directory ?? join(here, 'resources', 'app')) }
}

function readPackage(directory: string): AppPackage {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as AppPackage
}

function describeProcess(args: readonly string[]): void {
  const require = createRequire(import.meta.url)
  const { version } = require('electron/package.json') as { version: string }
  Object.defineProperty(process.versions, 'electron', { value: version, enumerable: true })
  // How an app can tell people that this is not the real thing.
  Object.defineProperty(process.versions, 'electron-standin', { value: version, enumerable: true })
  process.argv = [join(here, 'electron'), ...args]
  Object.assign(process, { type: 'browser', defaultApp: true, resourcesPath: join(here, 'resources') })
}
