// The window without an engine: a scripted one takes its place, and the test moves it through `window.stage`.

import { Stage } from './stage.ts'

declare global {
  interface Window {
    readonly stage: Stage
  }
}

const scene = new URLSearchParams(location.search)
const stage = new Stage(scene.get('scene') ?? 'day', scene.get('theme') ?? 'light')
Object.defineProperty(window, 'sotto', { value: stage.client })
Object.defineProperty(window, 'stage', { value: stage })
await import('../../../src/renderer/main.tsx')
