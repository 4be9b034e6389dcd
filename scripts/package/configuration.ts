// What electron-builder is told: which files go into the app, what the app is on each system, and which fuses are blown.

import { join } from 'node:path'
import type { Configuration, FileSet } from 'electron-builder'
import { root } from '../run.ts'
import { finishTree } from './finish-tree.ts'
import { identity } from './identity.ts'
import { unbundled } from './shipped.ts'
import type { Target } from './target.ts'

/** Written by writePapers() before every build. */
export const papers = join(root, 'out', 'papers')

/**
 * Fuses of Electron as they have to be in every release. `loadBrowserProcessSpecificV8Snapshot` stays off: a snapshot
 * would be code that the asar's integrity does not cover.
 */
export const fuses = {
  runAsNode: false,
  enableCookieEncryption: true,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
} as const

/** In each native package the binaries for every system lie side by side: those of one go in. */
function packagesFor(platform: Target['platform']): FileSet[] {
  return unbundled.map((folder) => ({
    from: folder,
    to: folder,
    filter: [
      '{package.json,LICENSE*}',
      '{dist,lib}/**/*.{js,cjs,mjs}',
      '*.js',
      // The builder's `${platform}` would be the machine that builds.
      `prebuilds/${platform}-\${arch}/*.node`,
    ],
  }))
}

/** Certificates and accounts come from the environment (docs/releasing.md); a variable that is empty is none. */
const isMacSigned = Boolean(process.env.CSC_LINK)

/** A new one each time: the builder writes into what it is given. */
export const configure = (): Configuration => ({
  appId: identity.id,
  productName: 'Sotto',
  copyright: identity.copyright,
  directories: { output: 'out/release', buildResources: 'resources' },

  // Which packages the app needs beside its bundles, we say ourselves: what the builder would gather misses some that
  // are needed at run time and brings others that are not.
  files: ['package.json', 'out/{main,preload,renderer}/**', '!**/*.map', '!node_modules/**'],
  extraResources: [
    { from: 'LICENSE', to: 'LICENSE.txt' },
    { from: papers, to: '.' },
  ],
  // Else whole packages would leave the archive, and its integrity check, for one native file in them.
  asar: { smartUnpack: false },
  asarUnpack: ['**/*.node'],
  // All three native modules use Node-API and bring their binaries.
  npmRebuild: false,
  nodeGypRebuild: false,
  buildDependenciesFromSource: false,

  electronFuses: fuses,
  electronLanguages: ['en-US'],
  afterPack: finishTree,

  protocols: [{ name: 'Sotto', schemes: ['sotto'] }],
  // Only tells the updater where its downloads go; what is installed, our own signed channel file says.
  publish: { provider: 'generic', url: identity.updates },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the builder fills these in
  artifactName: 'Sotto-${version}-${os}-${arch}.${ext}',

  // The loader that starts AppImages also where libfuse2 is gone.
  toolsets: { appimage: '1.0.3' },
  linux: {
    target: ['AppImage', 'deb', 'rpm'],
    files: packagesFor('linux'),
    executableName: 'sotto',
    icon: 'icons',
    category: 'Network;InstantMessaging;Chat',
    maintainer: identity.maintainer,
    vendor: 'The Sotto authors',
    synopsis: 'Private messages, with keys that stay on this computer',
    syncDesktopName: true,
    desktop: { entry: { StartupWMClass: 'sotto', Keywords: 'chat;messenger;encrypted;' } },
  },
  deb: {
    packageCategory: 'net',
    fpm: [`${join(root, 'resources/linux/metainfo.xml')}=/usr/share/metainfo/${identity.id}.metainfo.xml`],
  },
  rpm: {
    // The builder's own list lacks the library that the keychain is spoken to with.
    depends: ['gtk3', 'libnotify', 'nss', 'at-spi2-core', '(libuuid or libuuid1)', 'libsecret', 'xdg-utils'],
    fpm: [`${join(root, 'resources/linux/metainfo.xml')}=/usr/share/metainfo/${identity.id}.metainfo.xml`],
  },

  mac: {
    target: ['dmg', 'zip'],
    files: packagesFor('darwin'),
    icon: 'icons/icon.icns',
    category: 'public.app-category.social-networking',
    minimumSystemVersion: '12.0',
    // Apple's processors start nothing unsigned: without a certificate the app is signed by nobody, for this machine alone,
    // and the hardened runtime would then refuse the app's own libraries.
    ...(isMacSigned ? { hardenedRuntime: true } : { identity: '-', hardenedRuntime: false }),
    gatekeeperAssess: false,
    entitlements: 'resources/mac/entitlements.plist',
    entitlementsInherit: 'resources/mac/entitlements.plist',
    notarize: isMacSigned && Boolean(process.env.APPLE_API_KEY),
  },
  dmg: { sign: false },

  win: {
    target: ['nsis'],
    files: packagesFor('win32'),
    icon: 'icons/icon.ico',
  },
  nsis: {
    oneClick: true,
    perMachine: false,
    // Someone's messages are not part of the program.
    deleteAppDataOnUninstall: false,
    differentialPackage: false,
  },
})
