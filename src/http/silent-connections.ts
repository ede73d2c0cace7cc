// Connections that have not asked for anything yet cost a descriptor each. They are bounded by ending the one that has
// been silent longest: who has something to say does so within milliseconds, so a stranger with thousands of connections
// keeps out nobody.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const SILENT_MAX = 1_000

export function boundSilentConnections(server: Server, silentMax = SILENT_MAX): void {
  const silent = new Set<Socket>()
  server.on('connection', (socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
    if (silent.size > silentMax) silent.values().next().value?.destroy()
  })
  const speaks = ({ socket }: { socket: Socket }) => silent.delete(socket)
  server.on('request', speaks)
}
