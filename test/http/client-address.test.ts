// Whose address counts behind proxies: what the trusted ones wrote, and never what the caller wrote before them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientOf } from '../../src/http/client-address.ts'

const PROXY = '10.0.0.1'

function addressOf(headers: Record<string, string>, trustedHops = 1): string {
  return clientOf({ headers, socket: { remoteAddress: PROXY } }, { trustedHops, trustsProxy: true }).address
}

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()

describe('the address of a caller', () => {
  it('F8: is the one of the connection unless proxies are trusted', () => {
    const headers = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' }
    expect(addressOf(headers, 0)).toBe(PROXY)
    expect(addressOf({}, 1)).toBe(PROXY)
  })

  it('F8: is what the outermost trusted proxy wrote, whatever is left of it', () => {
    fc.assert(
      fc.property(fc.string(), ipv4, fc.array(ipv4, { maxLength: 4 }), (forged, real, proxies) => {
        const hops = proxies.length + 1
        expect(addressOf({ 'x-forwarded-for': [forged, real, ...proxies].join(', ') }, hops)).toBe(real)
        const elements = [forged, ...[real, ...proxies].map((address) => `for=${address}`)]
        expect(addressOf({ forwarded: elements.join(', ') }, hops)).toBe(real)
      }),
    )
  })

  it('F8: is the one of the connection where fewer proxies wrote than are trusted', () => {
    expect(addressOf({ 'x-forwarded-for': '192.0.2.1' }, 2)).toBe(PROXY)
    expect(addressOf({ forwarded: 'for=192.0.2.1' }, 2)).toBe(PROXY)
  })

  it.each([
    ['192.0.2.1:4711', '192.0.2.1'],
    ['[2001:db8:1:2:3::4]:4711', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2:3::4]', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('F8: is read from %s', (written, address) => {
    expect(addressOf({ 'x-forwarded-for': written })).toBe(address)
    expect(addressOf({ forwarded: `proto=https; For="${written}";by=_proxy` })).toBe(address)
  })

  it.each([
    'unknown',
    '_hidden',
    '',
    '192.0.2',
    '192.0.2.256',
    '0x7f.1',
    '192.0.2.01',
    '192.0.2.1:x',
    '[192.0.2.1]x',
    '2001:db8::1::2',
    'example.com',
    '[::1',
    '127.0.0.1\u0000',
  ])('F8: is the one of the connection where the proxy wrote "%s"', (written) => {
    expect(addressOf({ 'x-forwarded-for': `192.0.2.7, ${written}` })).toBe(PROXY)
    expect(addressOf({ forwarded: `for=192.0.2.7, for="${written}"` })).toBe(PROXY)
    expect(addressOf({ forwarded: `for=192.0.2.7, ${written}` })).toBe(PROXY)
  })

  it('F8: is not taken from a header that the proxy passes on as the caller sent it', () => {
    expect(addressOf({ 'x-forwarded-for': '192.0.2.1', forwarded: 'for=203.0.113.5' })).toBe(PROXY)
    expect(addressOf({ 'x-forwarded-for': '192.0.2.1', forwarded: 'nonsense' })).toBe(PROXY)
    expect(addressOf({ 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' })).toBe('192.0.2.1')
    expect(addressOf({ forwarded: 'for=192.0.2.1;for=203.0.113.5' })).toBe(PROXY)
    expect(addressOf({ forwarded: 'for="192.0.2.1;for=203.0.113.5"' })).toBe(PROXY)
  })

  it('F8: of IPv6 is its /64, in one spelling', () => {
    fc.assert(
      fc.property(ipv6, ipv6, (one, other) => {
        const at = (address: string) => addressOf({ 'x-forwarded-for': address })
        const sameHalf = one.includes('::') || one.includes('.') ? one : `${one.split(':').slice(0, 4).join(':')}::7`
        expect(at(one.toUpperCase())).toBe(at(one))
        expect(at(sameHalf)).toBe(at(one))
        expect(at(other)).not.toBe(PROXY)
      }),
    )
  })

  it('F8: tells nobody apart where a proxy does not say who called it', () => {
    const isShared = (
      remoteAddress: string,
      headers: Record<string, string>,
      trust = { trustedHops: 0, trustsProxy: false },
    ) => clientOf({ headers, socket: { remoteAddress } }, trust).isShared
    expect(isShared('192.0.2.1', {})).toBe(false)
    // A header alone does not make a proxy: anybody can send one.
    expect(isShared('192.0.2.1', { 'x-forwarded-for': '203.0.113.5' })).toBe(false)
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
      expect(isShared(address, {})).toBe(true)
    expect(isShared(PROXY, {}, { trustedHops: 0, trustsProxy: true })).toBe(true)
    expect(isShared(PROXY, {}, { trustedHops: 1, trustsProxy: true })).toBe(true)
    expect(isShared(PROXY, { 'x-forwarded-for': '192.0.2.1' }, { trustedHops: 1, trustsProxy: true })).toBe(false)
  })
})
