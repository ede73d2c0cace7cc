// Connections of strangers: those that have not yet shown a login, a key or the token of a callback. They are bounded over
// all and for each address by ending the oldest one: who has something to say does so within milliseconds, so a stranger
// with thousands of connections keeps out nobody.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export interface StrangerLimits {
  max: number
  /** Of one address, where the address tells callers apart. */
  maxOfOne: number
  isShared(socket: Socket): boolean
}

const defaults = { max: 1_000, maxOfOne: 100 }
const partings = new WeakMap<Socket, () => void>()

/** The oldest connections first, in every set. */
export function boundStrangers(
  server: Server,
  given: Partial<StrangerLimits> & Pick<StrangerLimits, 'isShared'>,
): void {
  const { max, maxOfOne, isShared } = { ...defaults, ...given }
  const all = new Set<Socket>()
  const byAddress = new Map<string, Set<Socket>>()
  server.on('connection', (socket) => {
    const address = isShared(socket) ? '' : (socket.remoteAddress ?? '')
    const own = byAddress.get(address) ?? new Set()
    byAddress.set(address, own.add(socket))
    all.add(socket)
    const part = () => {
      all.delete(socket)
      own.delete(socket)
      if (own.size === 0 && byAddress.get(address) === own) byAddress.delete(address)
    }
    partings.set(socket, part)
    socket.once('close', part)
    if (address !== '' && own.size > maxOfOne) own.values().next().value?.destroy()
    else if (all.size > max) all.values().next().value?.destroy()
  })
}

/** A connection on which a user has shown who they are is no stranger's. */
export function becomeKnown(socket: Socket): void {
  partings.get(socket)?.()
}
