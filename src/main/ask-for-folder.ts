// Asks the person for a folder, in the system's own dialog: no page says where something is written or read.

import type { BrowserWindow, Dialog, MessageBoxOptions, OpenDialogOptions } from 'electron'
import type { ChooseFolder } from '../host/backup/backups.ts'

const QUESTIONS: Record<Parameters<ChooseFolder>[0], OpenDialogOptions> = {
  'to-write': {
    title: 'Where to keep the backup',
    buttonLabel: 'Keep it here',
    properties: ['openDirectory', 'createDirectory', 'promptToCreate'],
  },
  'to-export': {
    title: 'Where to write the readable copy',
    buttonLabel: 'Write it here',
    properties: ['openDirectory', 'createDirectory', 'promptToCreate'],
  },
  'to-read': { title: 'Where the backup is', buttonLabel: 'Look here', properties: ['openDirectory'] },
}

/** Asked outside the page: a page gone bad must not get by it. */
const WARNING: MessageBoxOptions = {
  type: 'warning',
  message: 'Write your chats where anybody can read them?',
  detail:
    'Sotto writes plain files into a folder you choose. They are not sealed: whoever has the files can read them.',
  buttons: ['Cancel', 'Export'],
  defaultId: 0,
  cancelId: 0,
}
const EXPORT = 1

/** @param shown the window it belongs to, if there is one */
export function askForFolder(
  dialog: Pick<Dialog, 'showOpenDialog' | 'showMessageBox'>,
  shown: () => BrowserWindow | undefined,
): ChooseFolder {
  return async (purpose) => {
    const window = shown()
    if (purpose === 'to-export') {
      const warned = await (window ? dialog.showMessageBox(window, WARNING) : dialog.showMessageBox(WARNING))
      if (warned.response !== EXPORT) return undefined
    }
    const question = QUESTIONS[purpose]
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, question)
      : dialog.showOpenDialog(question))
    return canceled ? undefined : filePaths[0]
  }
}
