// The window without an engine: a scripted one takes its place, and the test moves it through `window.stage`.

import './without-eval.ts'
import { Stage } from './stage.ts'

declare global {
  interface Window {
    readonly stage: Stage
  }
}

let stage: Stage | undefined

/** Made when the window first asks, as late as a preload's answer would come. */
function theStage(): Stage {
  const wanted = new URLSearchParams(location.search)
  stage ??= new Stage(wanted.get('scene') ?? 'day', wanted.get('theme') ?? 'light')
  return stage
}

Object.defineProperty(window, 'sotto', { get: () => theStage().client })
Object.defineProperty(window, 'stage', { get: theStage })
await import('../../../src/renderer/main.tsx')
