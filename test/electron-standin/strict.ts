// Makes what the stand-in lacks fail loudly: reading a member that was never written throws instead of answering undefined.

import { EventEmitter } from 'node:events'

/** The part of an Electron interface that the stand-in has, checked member by member against Electron's own types. */
export type Part<T> = Partial<Omit<T, keyof EventEmitter>>

/** `part` as the whole interface. That is honest, because every member it lacks throws when it is read. */
export function asWhole<T>(part: Part<T>): T {
  return part as T
}

/** `target`, seen through a proxy that throws when a member is read that it does not have. */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      if (key in object || isProbe(key)) return Reflect.get(object, key, receiver)
      throw new Error(`stand-in: ${name}.${String(key)} is not implemented`)
    },
  })
}

/**
 * An event emitter to extend. The proxy sits at the end of the prototype chain, so that instances keep their identity
 * and may have private fields.
 */
export function strictEmitter(name: string): new () => EventEmitter {
  class StrictEmitter extends EventEmitter {}
  Object.setPrototypeOf(StrictEmitter.prototype, strict(name, EventEmitter.prototype))
  return StrictEmitter
}

/** Reads that the language, Node's emitter and inspectors do on any object. */
function isProbe(key: string | symbol): boolean {
  return typeof key === 'symbol' || key.startsWith('_') || key === 'then' || key === 'toJSON' || key === 'domain'
}
