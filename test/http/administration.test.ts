// Senders, templates, limits, users and keys over the API: what an administrator does, and what nobody may.
import { describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/emulator.ts'
import { serveApi } from '../support/api-client.ts'
import { addMeta, addTestCampaign, importPeople } from '../support/open-test-app.ts'

const credentials = { phoneNumberId: '1060000000000001', accessToken: 'canary-token', appSecret: 'canary-secret' }

describe('a sender', () => {
  it('is added, shown, limited, paused and resumed', async () => {
    const { api } = await serveApi()
    const added = await api('/senders', {
      method: 'POST',
      body: { name: 'main', provider: 'meta', credentials, dailyLimit: 250 },
    })
    expect([added.status, added.body.name, added.body.webhookUrl]).toEqual([
      201,
      'main',
      expect.stringContaining('/webhooks/main/'),
    ])
    const limited = await api('/senders/main', { method: 'PATCH', body: { ratePerSecond: 5, dailyLimit: null } })
    expect(limited.body).toMatchObject({ ratePerSecond: 5, dailyLimit: null, pairIntervalSeconds: 6 })
    expect((await api('/senders/main', { method: 'PATCH', body: {} })).body).toEqual(limited.body)
    for (const [action, status] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'active'],
    ])
      expect((await api(`/senders/main/${action}`, { method: 'POST', as: 'sender' })).body.status).toBe(status)
    expect((await api('/senders?limit=1')).body).toMatchObject({
      items: [{ name: 'main' }],
      nextCursor: expect.any(String),
    })
    expect((await api('/senders/main', { method: 'PATCH', body: { ratePerSecond: 0 } })).body.code).toBe(
      'rate.out_of_range',
    )
  })

  it('SR-24 A-15 takes no address, no file and no variable of the machine from outside', async () => {
    const { api } = await serveApi()
    for (const body of [
      { name: 'a', provider: 'meta', credentials, baseUrl: 'http://169.254.169.254' },
      { name: 'a', provider: 'meta', credentials: { ...credentials, accessToken: { file: '/etc/passwd' } } },
      { name: 'a', provider: 'meta', credentials: { ...credentials, appSecret: { env: 'HERALD_SECRET_KEY' } } },
      { name: 'a', provider: 'nobody', baseUrl: 'x' },
    ]) {
      const { status, body: problem } = await api('/senders', { method: 'POST', body })
      expect([status, problem.code]).toEqual([403, 'auth.forbidden'])
    }
    const patched = await api('/senders/sandbox', { method: 'PATCH', body: { baseUrl: 'http://127.0.0.1' } })
    expect(patched.status).toBe(403)
  })

  it('SR-44 never shows its secrets again, and its address for callbacks to administrators only', async () => {
    const { api } = await serveApi()
    await api('/senders', { method: 'POST', body: { name: 'main', provider: 'meta', credentials } })
    for (const path of ['/senders', '/senders/main', '/senders/main/health', '/doctor'])
      expect((await api(path)).text, path).not.toMatch(/canary/)
    expect((await api('/senders/main', { as: 'sender' })).body.webhookUrl).toBeNull()
    expect((await api('/senders', { as: 'viewer' })).text).not.toContain('/webhooks/')
    const paused = await api('/senders/main/pause', { method: 'POST', as: 'sender' })
    expect(paused.body.webhookUrl).toBeNull()
  })

  it('SR-46 refuses a wrong definition without repeating its secrets', async () => {
    const { api } = await serveApi()
    const wrong = {
      name: 'main',
      provider: 'meta',
      credentials: { ...credentials, phoneNumberId: 'x', canarySecret: 'canary-extra' },
    }
    const { status, text } = await api('/senders', { method: 'POST', body: wrong })
    expect(status).toBe(422)
    expect(text).not.toMatch(/canary-/)
  })

  it('tells what waits and how fast it goes', async () => {
    const test = await serveApi()
    await importPeople(test, 4)
    await addTestCampaign(test, { sender: 'sandbox' })
    await test.api('/senders/sandbox/pause', { method: 'POST' })
    await test.api('/campaigns/Spring sale/launch', { method: 'POST', body: {} })
    const { body } = await test.api('/senders/sandbox/health')
    expect(body).toMatchObject({
      sender: 'sandbox',
      onTheWire: 0,
      peopleInDay: 0,
      throttles: 0,
      holdUntil: null,
      errors: [],
    })
  })

  it('asks the provider for its account and sets the address for callbacks there', async () => {
    const emulator = await startEmulator({ dialects: ['meta'], meta: { accessToken: 'test-token' } })
    onTestFinished(() => emulator[Symbol.asyncDispose]())
    const test = await serveApi()
    await addMeta(test, {
      baseUrl: emulator.baseUrl('meta'),
      credentials: {
        phoneNumberId: '1060000000000001',
        wabaId: '1000000000000001',
        accessToken: 'test-token',
        appSecret: 's',
      },
    })
    const check = await test.api('/senders/main/check', { method: 'POST' })
    expect([check.status, check.body.ok]).toEqual([200, true])
    const cannot = await test.api('/senders/sandbox/check', { method: 'POST' })
    expect([cannot.status, cannot.body.code]).toEqual([422, 'provider.cannot'])
    const synced = await test.api('/senders/main/templates/sync', { method: 'POST', as: 'editor' })
    expect([synced.status, synced.body[0].sender]).toEqual([200, 'main'])
    const page = await test.api('/templates?sender=main&limit=1')
    expect(page.body.items.length).toBeLessThanOrEqual(1)
    expect((await test.api('/templates?sender=nobody')).body.code).toBe('sender.not_found')
  })
})

describe('limits', () => {
  it('are shown, set and switched off', async () => {
    const { api } = await serveApi()
    const quiet = await api('/limits/quiet-hours', {
      method: 'PUT',
      body: { from: '22:00', to: '07:00', allDay: ['sun'] },
    })
    expect(quiet.body.quietHours).toEqual({ from: '22:00', to: '07:00', allDay: ['sun'], action: 'defer' })
    expect((await api('/limits/quiet-hours', { method: 'DELETE' })).body.quietHours).toBeNull()
    const cap = await api('/limits/caps/weekly', { method: 'PUT', body: { max: 3, window: '7d' } })
    expect(cap.body.caps).toContainEqual(
      expect.objectContaining({ id: 'weekly', max: 3, onCap: 'defer', isEnabled: true }),
    )
    const off = await api('/limits/caps/weekly', { method: 'PUT', body: { isEnabled: false } })
    expect(off.body.caps).toContainEqual(
      expect.objectContaining({ id: 'weekly', max: 3, window: '7d', isEnabled: false }),
    )
    expect(
      (await api('/limits/caps/weekly', { method: 'DELETE' })).body.caps.map(({ id }: { id: string }) => id),
    ).toEqual(['daily'])
    expect((await api('/limits/caps/weekly', { method: 'DELETE' })).status).toBe(404)
  })

  it('take no more caps than an installation may have: it would not open any more', async () => {
    const { api } = await serveApi()
    for (let i = 1; i < 10; i++) await api(`/limits/caps/cap-${i}`, { method: 'PUT', body: { max: 1, window: '1h' } })
    const eleventh = await api('/limits/caps/cap-10', { method: 'PUT', body: { max: 1, window: '1h' } })
    expect([eleventh.status, eleventh.body.code]).toEqual([422, 'cap.invalid'])
    expect((await api('/limits')).body.caps).toHaveLength(10)
  })
})

describe('users', () => {
  it('are added, changed, disabled and given a new password; one administrator always remains', async () => {
    const { api } = await serveApi()
    const grace = { name: 'grace', role: 'editor', password: 'violet anchor pebble' }
    expect((await api('/users', { method: 'POST', body: grace })).body).toMatchObject({
      name: 'grace',
      role: 'editor',
      status: 'active',
    })
    expect((await api('/users', { method: 'POST', body: grace })).body.code).toBe('user.name_taken')
    expect((await api('/users/grace', { method: 'PATCH', body: { role: 'sender' } })).body.role).toBe('sender')
    expect((await api('/users/grace', { method: 'PATCH', body: { status: 'disabled' } })).body.status).toBe('disabled')
    const password = await api('/users/grace/password', { method: 'POST', body: { password: 'short' } })
    expect(password.body.code).toBe('password.too_short')
    expect((await api('/users/ada', { method: 'PATCH', body: { role: 'viewer' } })).body.code).toBe('user.last_admin')
    expect((await api('/me')).body).toMatchObject({ name: 'ada', role: 'admin', by: 'key' })
  })

  it('SR-17 take no field that is not theirs to set', async () => {
    const { api } = await serveApi()
    const columns = [
      'id',
      'status',
      'passwordHash',
      'password_hash',
      'createdAt',
      'lastLoginAt',
      'isAdmin',
      'rights',
      '__proto__',
      'constructor',
    ]
    for (const column of columns) {
      const body = `{"name":"grace","role":"viewer","password":"violet anchor pebble","${column}":"active"}`
      expect((await api('/users', { method: 'POST', body })).status, column).toBe(400)
    }
    expect((await api('/users')).body.items).toHaveLength(1)
    for (const column of ['id', 'passwordHash', 'name', 'password'])
      expect((await api('/users/ada', { method: 'PATCH', body: { [column]: 'x' } })).status, column).toBe(400)
    for (const column of ['key', 'prefix', 'sha256', 'userId', 'revokedAt'])
      expect(
        (await api('/keys', { method: 'POST', body: { name: 'a', user: 'ada', [column]: 'x' } })).status,
        column,
      ).toBe(400)
  })
})

describe('the end of a key', () => {
  it('S12: may be a day, through which the key works, and is echoed', async () => {
    const { api } = await serveApi()
    const { body } = await api('/keys', {
      method: 'POST',
      body: { name: 'shop', user: 'ada', expiresAt: '2028-06-02' },
    })
    expect(body).toMatchObject({
      expiresAt: '2028-06-02T23:59:59.999Z',
      understood: '2028-06-02 (through 23:59:59.999 UTC, 2028-06-02T23:59:59.999Z)',
    })
    const wrong = await api('/keys', { method: 'POST', body: { name: 'shop', user: 'ada', expiresAt: 'soon' } })
    expect([wrong.status, wrong.body.code]).toEqual([422, 'date.ambiguous'])
  })
})

describe('the installation', () => {
  it('is looked over and recounted', async () => {
    const { api } = await serveApi()
    const doctor = await api('/doctor')
    expect(doctor.body.findings.map(({ check }: { check: string }) => check)).toContain('disk')
    expect(doctor.text).not.toMatch(/secretKey"/)
    expect((await api('/verify')).body).toMatchObject({ ok: true })
  })
})
