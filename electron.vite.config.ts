// How the three parts of the app are built: main and its relay process, the preload, the window.

import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rolldownOptions: {
        input: { index: 'src/main/index.ts', 'relay-process': 'src/main/relay-process.ts' },
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
