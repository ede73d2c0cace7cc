// What every request passes before anything looks into it: the name it was sent to, and headers on every answer.
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import { isPlainPath } from '../domain/plain-path.ts'

/** Names by which this machine calls itself. */
const loopbackNames = ['127.0.0.1', 'localhost', '[::1]']

interface Names {
  host: string
  publicUrl: string
}

/** Names of this service: a page of another name that resolves to us (DNS rebinding) gets nothing. */
export function hostGuard(options: Names): (given: string | undefined) => void {
  const names = new Set([...loopbackNames, options.host, new URL(options.publicUrl).hostname])
  return (given = '') => {
    if (names.has(given.replace(/:\d+$/, '').toLowerCase())) return
    throw new AppError('host.not_allowed', `"${given.slice(0, 100)}" is no name of this service`, {
      hint: 'Set HERALD_PUBLIC_URL to the address that people use.',
    })
  }
}

export function checkHost(options: Names): MiddlewareHandler {
  const guard = hostGuard(options)
  return async (c, next) => {
    guard(c.req.header('host'))
    await next()
  }
}

/** Longest address with its query, and most parameters of one. */
const URL_LENGTH_MAX = 8 * 1024
const PARAMETERS_MAX = 100

/** Addresses that no link and no program of ours makes; as they came, before anything resolves them. */
export function guardAddress(address: string): void {
  if (address.length > URL_LENGTH_MAX)
    throw new AppError('request.uri_too_long', `an address may have ${URL_LENGTH_MAX} characters`)
  const at = address.indexOf('?')
  if (!isPlainPath(at < 0 ? address : address.slice(0, at)))
    throw new AppError(
      'request.invalid',
      'the address has a part that is ".." or hides a slash or a control character',
      {
        hint: 'Write the address as it is meant.',
      },
    )
  if (at >= 0 && address.slice(at).split('&', PARAMETERS_MAX + 1).length > PARAMETERS_MAX)
    throw new AppError('request.invalid', `an address may have ${PARAMETERS_MAX} parameters`)
}

export function checkAddress(): MiddlewareHandler {
  return async (c, next) => {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
    guardAddress(incoming?.url ?? c.req.path)
    await next()
  }
}

/** Scripts, styles and pictures of our own only; no frames, no plugins, no inline code. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What stands on every answer. */
export function headersOfEveryAnswer({ isTls }: { isTls: boolean }): Record<string, string> {
  return {
    'content-security-policy': CONTENT_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    ...(isTls && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
  }
}

export function securityHeaders(headers: Record<string, string>): MiddlewareHandler {
  return async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(headers)) c.header(name, value)
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }
}
