// Settings and ids that become parts of a path at a provider: none leads elsewhere.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { addSender } from '../../src/engine/senders/senders.ts'
import { HttpClient } from '../../src/providers/http-client.ts'
import { listProviders } from '../../src/providers/registry.ts'
import { openTestApp } from '../support/open-test-app.ts'

const climbing = [
  '/../x',
  '/x/..',
  '/..',
  '/.',
  '/x/./y',
  '/%2e%2e/x',
  '/x/',
  'x',
  '//x',
  '/a b',
  '/a?b',
  '/a#b',
  '/a\\b',
]

it('F11: no prefix of a provider climbs', () => {
  const withPrefix = listProviders().filter(({ name }) => ['routee', 'zixflow'].includes(name))
  expect(withPrefix).toHaveLength(2)
  for (const { name, settings } of withPrefix)
    for (const pathPrefix of climbing) {
      const given = { pathPrefix, whatsappAccountId: '..' }
      const { error } = settings.safeParse(given)
      const paths = error?.issues.map(({ path }) => path.join('.')) ?? []
      expect(paths, `${name} ${pathPrefix}`).toContain('pathPrefix')
      if (name === 'routee') expect(paths).toContain('whatsappAccountId')
    }
})

it('F11: no base address of a sender climbs, names a user or ends in a query', async () => {
  const { ctx } = await openTestApp()
  const add = (baseUrl: string) =>
    addSender(ctx, { name: 'x', provider: 'sandbox', baseUrl }).then(
      () => 'added',
      (error: { code: string }) => error.code,
    )
  for (const baseUrl of [
    'https://api.example/../x',
    'https://api.example/v1/%2e%2e/x',
    'https://api.example/v1/..%2fx',
    'https://api.example/v1?key=x',
    'https://api.example/#x',
    'https://user:secret@api.example/',
    'https://api.example\\x',
    'ftp://api.example/',
  ])
    expect(await add(baseUrl), baseUrl).toBe('sender.invalid')
  expect(await add('https://api.example:8443/v1/whatsapp')).toBe('added')
})

it('F11: a call whose path leads elsewhere is not made', async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const http = new HttpClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: 1,
    deadlineMs: 5_000,
  })
  onTestFinished(async () => {
    await http.destroy()
    server.close()
  })
  for (const path of ['/messages/..', '/messages/../templates', '/messages/%2e%2e/x', '/messages/a%2Fb'])
    expect(await http.request({ method: 'GET', path })).toMatchObject({ kind: 'not_sent', code: 'path_refused' })
  expect(await http.request({ method: 'GET', path: '/messages/wamid.A%3D?x=a/../b' })).toMatchObject({ kind: 'answer' })
  expect(asked).toBe(1)
})
