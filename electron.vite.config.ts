// How the three parts of the app are bundled into out/: main (with the relay's process), preload, renderer.

import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { recordPackages } from './scripts/package/bundled.ts'

/** Native, or loading native files by a path of their own: taken from node_modules as they are. */
const native = ['@signalapp/libsignal-client', '@signalapp/sqlcipher', 'keytar']
/** Everything else is bundled, but for what ws would like to have and does without. */
const optional = ['bufferutil', 'utf-8-validate']

export default defineConfig({
  main: {
    plugins: [recordPackages('main')],
    build: {
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src/main/index.ts', 'relay-process': 'src/main/relay-process.ts' },
        external: [...native, ...optional],
      },
    },
  },
  preload: {
    plugins: [recordPackages('preload')],
    build: {
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src/preload/index.ts' },
        // A sandboxed preload is CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    plugins: [react(), recordPackages('renderer')],
    build: {
      // Our content security policy knows no data: addresses, so fonts and pictures stay files.
      assetsInlineLimit: 0,
      modulePreload: false,
      // Less to read and parse at every start.
      minify: true,
      chunkSizeWarningLimit: 2048,
    },
  },
})
