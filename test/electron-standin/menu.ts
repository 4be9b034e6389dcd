// Menu and MenuItem: built and found as in Electron, recorded instead of shown. A test clicks an item by its id.

import { BrowserWindow } from './browser-window.ts'
import { record } from './record.ts'
import { strictEmitter } from './strict.ts'

type Options = Electron.MenuItemConstructorOptions
type Click = (item: MenuItem, window: BrowserWindow | undefined, event: object) => void

export class MenuItem {
  readonly id: string
  readonly label: string
  readonly type: string
  readonly role: string | undefined
  readonly accelerator: string | null
  readonly submenu: Menu | undefined
  enabled: boolean
  visible: boolean
  checked: boolean
  click: () => void

  constructor(options: Options) {
    this.id = options.id ?? ''
    this.label = options.label ?? ''
    this.type = options.type ?? (options.submenu ? 'submenu' : 'normal')
    this.role = options.role
    this.accelerator = options.accelerator ?? null
    this.submenu = Array.isArray(options.submenu) ? Menu.buildFromTemplate(options.submenu) : undefined
    this.enabled = options.enabled ?? true
    this.visible = options.visible ?? true
    this.checked = options.checked ?? false
    const click = options.click as Click | undefined
    this.click = () => {
      if (this.type === 'checkbox') this.checked = !this.checked
      click?.(this, BrowserWindow.getFocusedWindow() ?? undefined, {})
    }
  }
}

export class Menu extends strictEmitter('Menu') {
  static #applicationMenu: Menu | null = null
  readonly items: MenuItem[] = []

  static buildFromTemplate(template: readonly (Options | MenuItem)[]): Menu {
    const menu = new Menu()
    for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item))
    return menu
  }

  static setApplicationMenu(menu: Menu | null): void {
    record('Menu.setApplicationMenu')
    Menu.#applicationMenu = menu
  }

  static getApplicationMenu(): Menu | null {
    return Menu.#applicationMenu
  }

  append(item: MenuItem): void {
    this.items.push(item)
  }

  insert(position: number, item: MenuItem): void {
    this.items.splice(position, 0, item)
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id)
      if (found) return found
    }
    return null
  }

  popup(): void {
    record('Menu.popup', this)
  }

  closePopup(): void {
    this.emit('menu-will-close')
  }
}
