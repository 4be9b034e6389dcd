// What a device is called: as the person says, or by its number.

import type { OwnDevice } from '../../shared/model.ts'
import { shownName } from './plain.ts'
import { say } from './say.ts'

export function deviceName({ name, device }: Pick<OwnDevice, 'name' | 'device'>): string {
  return name === null ? say('devices.unnamed', { number: device }) : shownName(name)
}
