// What a device is called until its person says otherwise.

import { say } from '../../text/say.ts'

export function deviceNameFor(platform: string): string {
  switch (platform) {
    case 'darwin':
      return say('linking.nameMac')
    case 'win32':
      return say('linking.nameWindows')
    case 'linux':
      return say('linking.nameLinux')
    default:
      return say('linking.nameOther')
  }
}
