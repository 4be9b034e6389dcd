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
    // Where updates come from, and whose signature they have: once for all in a build, not for the environment to say.
    define: {
      'process.env.SOTTO_UPDATE_ADDRESS': JSON.stringify(process.env.SOTTO_UPDATE_ADDRESS ?? ''),
      'process.env.SOTTO_UPDATE_KEY': JSON.stringify(process.env.SOTTO_UPDATE_KEY ?? ''),
    },
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
      // One sheet, in the order in which it is written.
      cssCodeSplit: false,
      // Less to read and parse at every start.
      minify: true,
      chunkSizeWarningLimit: 2048,
    },
  },
})
