// What every request passes before anything looks into it: the name it was sent to, and headers on every answer.
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'

/** Names by which this machine calls itself. */
const loopbackNames = ['127.0.0.1', 'localhost', '[::1]']

/** Names of this service: a page of another name that resolves to us (DNS rebinding) gets nothing. */
export function checkHost(options: { host: string; publicUrl: string }): MiddlewareHandler {
  const names = new Set([...loopbackNames, options.host, new URL(options.publicUrl).hostname])
  return async (c, next) => {
    const given = c.req.header('host') ?? ''
    if (!names.has(given.replace(/:\d+$/, '').toLowerCase()))
      throw new AppError('host.not_allowed', `"${given.slice(0, 100)}" is no name of this service`, {
        hint: 'Set HERALD_PUBLIC_URL to the address that people use.',
      })
    await next()
  }
}

/** Longest address with its query, and most parameters of one. */
const URL_LENGTH_MAX = 8 * 1024
const PARAMETERS_MAX = 100

/** Addresses that no link and no program of ours makes. */
export function checkAddress(): MiddlewareHandler {
  return async (c, next) => {
    const { search, href } = new URL(c.req.url)
    if (href.length > URL_LENGTH_MAX)
      throw new AppError('request.uri_too_long', `an address may have ${URL_LENGTH_MAX} characters`)
    if (search.split('&', PARAMETERS_MAX + 1).length > PARAMETERS_MAX)
      throw new AppError('request.invalid', `an address may have ${PARAMETERS_MAX} parameters`)
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

export function securityHeaders(options: { isTls: boolean }): MiddlewareHandler {
  return async (c, next) => {
    await next()
    c.header('content-security-policy', CONTENT_POLICY)
    c.header('x-content-type-options', 'nosniff')
    c.header('x-frame-options', 'DENY')
    c.header('referrer-policy', 'no-referrer')
    c.header('cross-origin-opener-policy', 'same-origin')
    c.header('cross-origin-resource-policy', 'same-origin')
    c.header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()')
    if (options.isTls) c.header('strict-transport-security', 'max-age=31536000; includeSubDomains')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }
}
