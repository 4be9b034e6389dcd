// protocol: the schemes an app answers itself.

import { schemeHandlers } from './page-address.ts'
import { record } from './record.ts'
import { asWhole, strict } from './strict.ts'

export const protocol = strict(
  'protocol',
  asWhole<Electron.Protocol>({
    registerSchemesAsPrivileged: (schemes) => record('protocol.registerSchemesAsPrivileged', schemes),
    handle: (scheme, handler) => {
      schemeHandlers.set(scheme, handler)
    },
    unhandle: (scheme) => {
      schemeHandlers.delete(scheme)
    },
    isProtocolHandled: (scheme) => schemeHandlers.has(scheme),
  }),
)
