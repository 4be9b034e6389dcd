// The first argument of Electron's events: something that can be prevented.

export interface PreventableEvent {
  defaultPrevented: boolean
  preventDefault(): void
}

export function makeEvent<Details extends object>(details?: Details): PreventableEvent & Details {
  const event = {
    defaultPrevented: false,
    preventDefault() {
      event.defaultPrevented = true
    },
    ...details,
  }
  return event as PreventableEvent & Details
}
