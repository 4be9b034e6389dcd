// The two scripts that Chromium runs before a page's own: the page's half of the bridge, and the preload's world.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { makeCodec } from './codec.ts'
import { makeBridge } from './context-bridge.ts'
import { runInPreloadEnvironment } from './preload-environment.ts'

/** Electron's own name for the world in which preload scripts run. */
export const preloadWorld = 'Electron Isolated Context'

const secret = JSON.stringify(`bridge-${randomBytes(16).toString('hex')}-`)
/** A preload runs in the main frame only, and not in the blank page a window opens with. */
const onlyMainFrame = "if (window !== window.top || location.protocol === 'data:') return"

export function pageScript(): string {
  return `(() => {
    ${onlyMainFrame}
    ;(${makeBridge})(${secret}, 'page', 'preload')
  })()`
}

/** @param file the app's built preload script (CommonJS) */
export function preloadScript(file: string, additionalArguments: readonly string[] = []): string {
  const { platform, arch, versions, env, execPath, pid } = process
  const facts = { platform, arch, versions, env, execPath, pid, argv: [execPath, ...additionalArguments] }
  return `(() => {
    ${onlyMainFrame}
    const bridge = (${makeBridge})(${secret}, 'preload', 'page')
    const codec = (${makeCodec})()
    ;(${runInPreloadEnvironment})(bridge, codec, ${JSON.stringify(facts)}, function (require, module, exports, process, global, location) {
      ${readFileSync(file, 'utf8')}
    })
  })()
  //# sourceURL=standin-preload.js`
}
