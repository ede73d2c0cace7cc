// Whose request it is: the address of the connection, or what the trusted proxies say of it (X-Forwarded-For, RFC 7239
// Forwarded), counted from the right. What stands further left is the caller's own word, and is not looked at.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import type { Client } from '../domain/guess-brake.ts'
import type { Config } from '../runtime/config.ts'
import type { AuthEnv } from './auth.ts'

/** Which proxies stand before us. */
export type Trust = Pick<Config, 'trustedHops' | 'trustsProxy'>

interface Request {
  headers: IncomingHttpHeaders
  socket: Pick<IncomingMessage['socket'], 'remoteAddress'>
}

/** The client of a request; the connection's own address wherever the headers do not say one clearly. */
export function clientOf({ headers, socket }: Request, { trustedHops, trustsProxy }: Trust): Client {
  const peer = wordsOf(socket.remoteAddress ?? '')
  const named = trustedHops === 0 ? undefined : forwardedFor(headers, trustedHops)
  // A proxy that does not say who called it calls for everybody.
  const isProxied = trustedHops > 0 || trustsProxy || peer === undefined || isLoopback(peer)
  return { ...placeOf(named ?? peer ?? []), isShared: named === undefined && isProxied }
}

export function knowClient(trust: Trust): MiddlewareHandler<AuthEnv> {
  return async (c, next) => {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
    c.set('client', clientOf(incoming ?? { headers: {}, socket: { remoteAddress: undefined } }, trust))
    await next()
  }
}

/**
 * The entry that the outermost trusted proxy wrote. Most proxies write one of the two headers and pass the other one on as
 * the caller sent it: where both are there they must agree.
 */
function forwardedFor(headers: IncomingHttpHeaders, hops: number): number[] | undefined {
  const readings: (number[] | undefined)[] = []
  if (headers['x-forwarded-for'] !== undefined) readings.push(nodeOf(entryOf(headers['x-forwarded-for'], hops)))
  if (headers.forwarded !== undefined) readings.push(nodeOf(forOf(entryOf(headers.forwarded, hops))))
  const [first] = readings
  return readings.every((words) => words?.join() === first?.join()) ? first : undefined
}

/** Empty where fewer proxies wrote. */
function entryOf(header: string | string[], hops: number): string {
  return String(header).split(',').at(-hops)?.trim() ?? ''
}

/** The node of an element `for=192.0.2.1;proto=https`, in any order and case; empty unless there is exactly one. */
function forOf(element: string): string {
  const nodes = element.split(';').flatMap((pair) => {
    const [, node] = /^for\s*=\s*("[^"\\]*"|[^"\s]*)$/i.exec(pair.trim()) ?? []
    return node === undefined ? [] : [node.replace(/^"|"$/g, '')]
  })
  return nodes.length === 1 ? (nodes[0] ?? '') : ''
}

/** The address of `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`. */
function nodeOf(node: string): number[] | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(node) ?? []
  return wordsOf(bracketed ?? plain ?? node)
}

/** The sixteen-bit words of an address; IPv4 is what IPv6 maps it to. */
function wordsOf(text: string): number[] | undefined {
  const [address = ''] = text.split('%', 1)
  if (isIPv4(address)) return wordsOf(`::ffff:${address}`)
  if (!isIPv6(address)) return undefined
  // The parser of URLs writes every address in one form, without dots.
  const [left = '', right] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)))
  const [head, tail] = [words(left), words(right ?? '')]
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function placeOf(words: readonly number[]): Pick<Client, 'address' | 'network'> {
  if (words.length === 0) return { address: 'unknown', network: 'unknown' }
  if (isMapped(words)) {
    const bytes = words.slice(6).flatMap((word) => [word >> 8, word & 0xff])
    return { address: bytes.join('.'), network: `${bytes.slice(0, 3).join('.')}.0/24` }
  }
  const prefix = (count: number) =>
    words
      .slice(0, count)
      .map((word) => word.toString(16))
      .join(':')
  return { address: `${prefix(4)}::/64`, network: `${prefix(3)}::/48` }
}

function isMapped(words: readonly number[]): boolean {
  return words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff
}

function isLoopback(words: readonly number[]): boolean {
  if (isMapped(words)) return (words[6] ?? 0) >> 8 === 127
  return words.slice(0, 7).every((word) => word === 0) && words[7] === 1
}
