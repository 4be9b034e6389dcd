// How the three parts of the app are built: main and its relay process, the preload, the window.

import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

/** Native, or loading native files by a path of their own: taken from node_modules as they are. */
const native = ['@signalapp/libsignal-client', '@signalapp/sqlcipher', 'keytar']
/** What ws would like to have, and does without. */
const wanted = ['bufferutil', 'utf-8-validate']

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src/main/index.ts', 'relay-process': 'src/main/relay-process.ts' },
        external: [...native, ...wanted],
        output: { format: 'es' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload loads one CommonJS file and no modules.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src/preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react()],
    build: {
      outDir: 'out/renderer',
      rolldownOptions: { input: 'src/renderer/index.html' },
      // Our content security policy knows no data: addresses, so fonts and pictures stay files.
      assetsInlineLimit: 0,
      modulePreload: false,
      minify: true,
      chunkSizeWarningLimit: 2048,
    },
  },
})
