// What tells electron-updater which version there is: our own signed channel file, and nothing else.

import type { KeyObject } from 'node:crypto'
import { Provider, type ResolvedUpdateFileInfo, type UpdateInfo } from 'electron-updater'
import type { ProviderRuntimeOptions } from 'electron-updater/out/providers/Provider.js'
import { readChannel } from './channel.ts'
import { chooseFile, type Installation } from './choose.ts'

export interface Feed {
  /** Where the channel file and, beside it, the packages are. Ends with a slash. */
  address: string
  key: KeyObject
  installation: Installation
}

/** How electron-updater calls a provider of one's own. */
type ProviderClass = new (options: object, updater: object, runtime: ProviderRuntimeOptions) => Provider<UpdateInfo>

export function channelProvider({ address, key, installation }: Feed): ProviderClass {
  return class extends Provider<UpdateInfo> {
    constructor(_options: object, _updater: object, runtime: ProviderRuntimeOptions) {
      super(runtime)
    }

    /** electron-updater would send a name for this installation with every request. */
    override setRequestHeaders(): void {}

    /** The installed version if there is none for us. Rejects if the channel is not what a releaser signed. */
    override async getLatestVersion(): Promise<UpdateInfo> {
      const text = await this.httpRequest(new URL('channel.json', address))
      const channel = readChannel(text ?? '', key)
      if (channel === undefined) throw new Error('the update channel is not signed by us')
      const file = chooseFile(channel, installation)
      const { name, sha512, size } = file ?? { name: '', sha512: '', size: 0 }
      return {
        version: file === undefined ? installation.version : channel.version,
        files: file === undefined ? [] : [{ url: name, sha512, size }],
        path: name,
        sha512,
        releaseDate: new Date(channel.releasedAt).toISOString(),
      }
    }

    override resolveFiles({ files }: UpdateInfo): ResolvedUpdateFileInfo[] {
      return files.map((info) => ({ url: new URL(info.url, address), info }))
    }
  }
}
