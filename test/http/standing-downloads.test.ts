// A download of people ends with the login or the key that began it, as a stream of events does.
import { Hono } from 'hono'
import { expect, it, vi } from 'vitest'
import { addKey, findKeyPrincipal, revokeKeyById } from '../../src/engine/accounts/keys.ts'
import { changeUser } from '../../src/engine/accounts/users.ts'
import type { AuthEnv } from '../../src/http/auth.ts'
import { endsWithStanding } from '../../src/http/standing-downloads.ts'
import { openTestApp } from '../support/open-test-app.ts'
import { quickUser } from '../support/quick-users.ts'

/** A download without an end, and what reads the next piece of it. */
async function downloading() {
  const test = await openTestApp()
  await quickUser(test.ctx, 'bob', 'sender', 'orange kettle lantern')
  const { key, id } = await addKey(test.ctx, { name: 'shop', user: 'bob' })
  const principal = await findKeyPrincipal(test.ctx, key)
  const isCancelled = vi.fn()
  const app = new Hono<AuthEnv>()
  app.use('*', endsWithStanding(test.ctx))
  app.get('/:right', (c) => {
    c.set('principal', principal)
    c.set('right', c.req.param('right') as 'read' | 'export')
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.from('+12025550100\n')),
      cancel: isCancelled,
    })
    return c.body(body, 200, { 'content-disposition': 'attachment; filename="contacts.csv"' })
  })
  const begin = async (right: string, bindings?: object) => {
    const reader = (await app.request(`/${right}`, {}, bindings)).body?.getReader()
    const next = async () => {
      test.clock.advance(1_000)
      return Buffer.from((await reader?.read())?.value ?? '').toString()
    }
    expect(await next()).toBe('+12025550100\n')
    return next
  }
  return { ...test, id, begin, isCancelled }
}

it('SR-13 a download ends with the revocation of its key, and nothing more is read for it', async () => {
  const { ctx, id, begin, isCancelled } = await downloading()
  const next = await begin('export')
  for (let i = 0; i < 20; i++) expect(await next()).toBe('+12025550100\n')
  await revokeKeyById(ctx, id)
  await expect(next()).rejects.toMatchObject({ code: 'auth.required' })
  expect(isCancelled).toHaveBeenCalledOnce()
})

it('SR-10 a download ends with the right to have it, and goes on without a right that it does not need', async () => {
  const { ctx, begin } = await downloading()
  const [exported, read] = [await begin('export'), await begin('read')]
  const before = await ctx.db.dataVersion()
  await changeUser(ctx, 'bob', { role: 'viewer' })
  expect(await ctx.db.dataVersion()).not.toBe(before)
  await expect(exported()).rejects.toMatchObject({ code: 'auth.required' })
  await expect(read()).rejects.toMatchObject({ code: 'auth.required' })
})

it('SR-13 a download ends with its connection, where it has one, and is no fault', async () => {
  const { ctx, id, begin, isCancelled } = await downloading()
  const outgoing = { destroy: vi.fn() }
  const next = await begin('export', { outgoing })
  await revokeKeyById(ctx, id)
  expect([await next(), outgoing.destroy.mock.calls.length]).toEqual(['', 1])
  expect(isCancelled).toHaveBeenCalledOnce()
})
