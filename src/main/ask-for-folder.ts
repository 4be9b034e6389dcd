// Asks the person for a folder, in the system's own dialog: no page says where something is written or read.

import type { BrowserWindow, Dialog, OpenDialogOptions } from 'electron'
import type { ChooseFolder } from '../host/backup/backups.ts'

const QUESTIONS: Record<Parameters<ChooseFolder>[0], OpenDialogOptions> = {
  'to-write': {
    title: 'Where to keep the backup',
    buttonLabel: 'Keep it here',
    properties: ['openDirectory', 'createDirectory', 'promptToCreate'],
  },
  'to-read': { title: 'Where the backup is', buttonLabel: 'Look here', properties: ['openDirectory'] },
}

/** @param shown the window it belongs to, if there is one */
export function askForFolder(
  dialog: Pick<Dialog, 'showOpenDialog'>,
  shown: () => BrowserWindow | undefined,
): ChooseFolder {
  return async (purpose) => {
    const window = shown()
    const question = QUESTIONS[purpose]
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, question)
      : dialog.showOpenDialog(question))
    return canceled ? undefined : filePaths[0]
  }
}
