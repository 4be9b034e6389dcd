// A pair of XMPP clients, as cheap as the others that load a server: they write stanzas as text and count what comes.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { CONTENT, type Pair } from './devices.ts'

const HOST = 'localhost'
const PASSWORD = 'bench'
/** Milliseconds for each answer while a client enters. */
const ANSWER_WITHIN = 20_000

/** At 127.0.0.1 and this port, where anybody may register and nothing is encrypted. */
export async function xmppPair(port: number, index: number): Promise<Pair> {
  const sending = await enter(port, `from${index}`)
  const receiving = await enter(port, `to${index}`)
  const never = () => Promise.reject(new Error('not for XMPP'))
  const pair: Pair = { send: () => {}, accepted: () => {}, delivered: () => {}, leave: never, comeBack: never }
  const body = CONTENT.toString('base64')
  let sent = 0
  pair.send = () => {
    sent += 1
    sending.write(`<message type='chat' id='m${sent}' to='to${index}@${HOST}'><body>${body}</body></message>`)
  }
  sending.resume()
  countMessages(receiving, () => pair.delivered())
  return pair
}

/** Whole ones: a stanza may come in two pieces. */
function countMessages(socket: Socket, one: () => void): void {
  const end = '</message>'
  let rest = ''
  socket.on('data', (data) => {
    const parts = (rest + data.toString('latin1')).split(end)
    rest = (parts.at(-1) ?? '').slice(1 - end.length)
    for (let message = 1; message < parts.length; message++) one()
  })
}

/** Registers, authenticates, binds, and is there. */
async function enter(port: number, name: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  const proof = Buffer.from(`\0${name}\0${PASSWORD}`).toString('base64')
  const stream = `<stream:stream to='${HOST}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`
  await ask(socket, `<?xml version='1.0'?>${stream}`, '</stream:features>')
  await ask(
    socket,
    `<iq type='set' id='register'><query xmlns='jabber:iq:register'><username>${name}</username><password>${PASSWORD}</password></query></iq>`,
    /<iq[^>]*type=.result/,
  )
  await ask(socket, `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${proof}</auth>`, /<success/)
  await ask(socket, stream, '</stream:features>')
  await ask(
    socket,
    `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>`,
    /<iq[^>]*type=.result/,
  )
  await ask(socket, '<presence/>', '<presence')
  return socket
}

/** Rejects with what came instead, if the server closes. */
async function ask(socket: Socket, text: string, answer: string | RegExp): Promise<void> {
  let heard = ''
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => socket.destroy(), ANSWER_WITHIN)
    const closed = () => {
      clearTimeout(late)
      reject(new Error(`no answer, but ${heard}`))
    }
    const hear = (data: Buffer) => {
      heard += data.toString()
      if (!(typeof answer === 'string' ? heard.includes(answer) : answer.test(heard))) return
      clearTimeout(late)
      socket.off('data', hear).off('close', closed)
      resolve()
    }
    socket.on('data', hear).once('close', closed)
    socket.write(text)
  })
}
