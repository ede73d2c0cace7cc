// Guesses at passwords, many of them: how many are looked at, how many at once, and that nothing tells names apart. The
// slow hash is counted here instead of made.
import crypto, { type BinaryLike, type ScryptOptions } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { hashPassword } from '../../src/engine/accounts/passwords.ts'
import { logIn } from '../../src/engine/accounts/sessions.ts'
import { addUser, changeOwnPassword, changeUser } from '../../src/engine/accounts/users.ts'
import { deleteOldBrakes } from '../../src/store/accounts.ts'
import { clientAt } from '../support/clients.ts'
import { openTestApp, type TestApp } from '../support/open-test-app.ts'
import { PASSWORD } from '../support/visitor.ts'

interface Hashing {
  saltBytes: number
  keyBytes: number
  cost: ScryptOptions
  passwordLength: number
}

const hashings: Hashing[] = []
let atOnce = 0
let mostAtOnce = 0

function countedScrypt(
  password: BinaryLike,
  salt: BinaryLike,
  keyBytes: number,
  cost: ScryptOptions,
  done: (error: Error | null, key: Buffer) => void,
): void {
  const saltText = Buffer.from(salt as Buffer).toString('hex')
  hashings.push({ saltBytes: saltText.length / 2, keyBytes, cost, passwordLength: String(password).length })
  mostAtOnce = Math.max(mostAtOnce, ++atOnce)
  setImmediate(() => {
    atOnce--
    done(
      null,
      crypto
        .createHash('sha256')
        .update(`${String(password)} ${saltText}`)
        .digest(),
    )
  })
}

beforeEach(() => {
  vi.spyOn(crypto, 'scrypt').mockImplementation(countedScrypt as typeof crypto.scrypt)
  syncBuiltinESMExports()
})

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

async function setup(options: Partial<Pick<TestApp, 'dir' | 'clock'>> = {}) {
  const test = await openTestApp(options)
  if (options.dir === undefined) await addUser(test.ctx, { name: 'ada', role: 'admin', password: PASSWORD })
  hashings.length = 0
  mostAtOnce = 0
  return test
}

/** One try; the code of its refusal, or `in`. */
async function tryOnce(
  { ctx }: TestApp,
  name: string,
  address: string,
  password = 'wrong words here',
): Promise<string> {
  return logIn(ctx, { name, password, client: clientAt(address), deviceToken: undefined }).then(
    () => 'in',
    (error: { code: string }) => error.code,
  )
}

it('SR-07 does the same work for a name that nobody has, one that is disabled, and a wrong password', async () => {
  const test = await setup()
  await addUser(test.ctx, { name: 'gone', role: 'viewer', password: PASSWORD })
  await changeUser(test.ctx, 'gone', { status: 'disabled' })
  const workOf = async (name: string, password: string) => {
    hashings.length = 0
    const reads = vi.spyOn(test.ctx.db, 'read')
    const writes = vi.spyOn(test.ctx.db, 'write')
    expect(await tryOnce(test, name, `192.0.2.${name.length}`, password)).toBe('auth.wrong_credentials')
    const work = { hashings: [...hashings], reads: reads.mock.calls.length, writes: writes.mock.calls.length }
    reads.mockRestore()
    writes.mockRestore()
    return work
  }
  const known = await workOf('ada', 'wrong words here')
  expect(known).toMatchObject({ hashings: [{ saltBytes: 16, keyBytes: 32, passwordLength: 16 }], writes: 1 })
  expect(await workOf('nobody', 'wrong words here')).toEqual(known)
  expect(await workOf('gone', 'wrong words here')).toEqual(known)
  const right = await workOf('gone', PASSWORD)
  expect(right.hashings).toEqual([{ ...known.hashings[0], passwordLength: PASSWORD.length }])
  // A hash with other parameters would tell by its time who has not logged in for long.
  expect((await hashPassword('x')).split('$')[1]).toBe(String(known.hashings[0]?.cost.N))
})

it('SR-07 looks at forty of ten thousand tries in an hour, from however many addresses of one network', async () => {
  for (const addressOf of [
    (n: number) => `192.0.2.${n % 250}`,
    (n: number) => `2001:db8:7:${n.toString(16)}::1`,
    () => '192.0.2.1',
  ]) {
    const test = await setup()
    const tries = 10_000
    const outcomes: Record<string, number> = {}
    for (let n = 0; n < tries; n++) {
      const code = await tryOnce(test, n % 3 === 0 ? 'ADA' : ' ada ', addressOf(n))
      outcomes[code] = (outcomes[code] ?? 0) + 1
      test.clock.advance(3_600_000 / tries)
    }
    expect(Object.keys(outcomes).sort()).toEqual(['auth.too_many_tries', 'auth.wrong_credentials'])
    expect(hashings.length).toBe(outcomes['auth.wrong_credentials'])
    expect(hashings.length).toBeLessThanOrEqual(40)
    expect(hashings.length).toBeGreaterThanOrEqual(5)
  }
})

it('SR-07 gives each network one try at a name that many networks guess at, and then few', async () => {
  const test = await setup()
  for (let n = 0; n < 40; n++) await tryOnce(test, 'ada', `10.${n}.0.1`)
  hashings.length = 0
  const outcomes = []
  for (let n = 0; n < 100; n++) outcomes.push(await tryOnce(test, 'ada', `10.${n % 10}.7.1`))
  expect(outcomes.filter((code) => code === 'auth.wrong_credentials')).toHaveLength(10)
  expect(hashings).toHaveLength(10)
})

it('SR-07 goes on braking after a restart, and in another process', async () => {
  const test = await setup()
  for (let n = 0; n < 8; n++) await tryOnce(test, 'ada', '192.0.2.1')
  expect(hashings.length).toBeLessThan(8)
  hashings.length = 0
  const other = await setup({ dir: test.dir, clock: test.clock })
  expect(await tryOnce(other, 'ada', '192.0.2.1', PASSWORD)).toBe('auth.too_many_tries')
  await test.app[Symbol.asyncDispose]()
  expect(await tryOnce(other, 'ada', '192.0.2.1', PASSWORD)).toBe('auth.too_many_tries')
  expect(hashings).toEqual([])
  other.clock.advance(16 * 60_000)
  expect(await tryOnce(other, 'ada', '192.0.2.1', PASSWORD)).toBe('in')
})

it('SR-07 hashes four passwords at once and no more, whoever asks, and strangers leave one for who is known', async () => {
  const test = await setup()
  const { deviceToken } = await logIn(test.ctx, {
    name: 'ada',
    password: PASSWORD,
    client: clientAt('198.51.100.9'),
    deviceToken: undefined,
  })
  mostAtOnce = 0
  const strangers = Promise.all(Array.from({ length: 60 }, (_, n) => tryOnce(test, `name ${n}`, `10.${n}.2.1`)))
  const owner = logIn(test.ctx, { name: 'ada', password: PASSWORD, client: clientAt('10.0.2.1'), deviceToken })
  await expect(owner).resolves.toBeDefined()
  expect(new Set(await strangers)).toEqual(new Set(['auth.wrong_credentials']))
  expect(mostAtOnce).toBeGreaterThanOrEqual(3)
  expect(mostAtOnce).toBeLessThanOrEqual(4)
})

it('SR-07 looks at tries of one address one after the other, so that none of many at once slips by', async () => {
  const test = await setup()
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => tryOnce(test, 'ada', '192.0.2.1')))
  expect(hashings.length).toBeLessThanOrEqual(5)
  expect(outcomes.filter((code) => code === 'auth.wrong_credentials')).toHaveLength(hashings.length)
})

it('F8: nobody from elsewhere keeps the owner out, whatever and however much they guess', async () => {
  const strangers: [string, (n: number) => [name: string, address: string]][] = [
    ['at names that nobody has', (n) => [`nobody ${n}`, '192.0.2.1']],
    ["at the owner's name", () => ['ada', '192.0.2.1']],
    ['from a /48', (n) => ['ada', `2001:db8:7:${n.toString(16)}::1`]],
    ['from everywhere', (n) => ['ada', `10.${n % 256}.${n >> 8}.1`]],
  ]
  for (const [what, guess] of strangers) {
    const test = await setup()
    for (let n = 0; n < 600; n++) await tryOnce(test, ...guess(n))
    for (const address of ['203.0.113.5', '2001:db8:8::1', '192.0.2.77'])
      expect(await tryOnce(test, 'ada', address, PASSWORD), `${what}, owner at ${address}`).toBe('in')
  }
})

it('F8: behind a proxy that does not say who called it, guesses hold up nobody but the name they guess at', async () => {
  const test = await setup()
  const shared = { ...clientAt('127.0.0.1') }
  expect(shared.isShared).toBe(true)
  const enter = (name: string, password: string, deviceToken?: string) =>
    logIn(test.ctx, { name, password, client: shared, deviceToken }).catch((error: { code: string }) => error.code)
  for (let n = 0; n < 100; n++) await enter(`nobody ${n % 9}`, 'wrong words here')
  const login = await enter('ada', PASSWORD)
  expect(login).toMatchObject({ deviceToken: expect.any(String) })
  for (let n = 0; n < 20; n++) await enter('ada', 'wrong words here')
  expect(await enter('ada', PASSWORD)).toBe('auth.too_many_tries')
  expect(await enter('ada', PASSWORD, (login as { deviceToken: string }).deviceToken)).toMatchObject({
    principal: { name: 'ada' },
  })
})

it('F8: a login of their own does not free the guesses of somebody at another account', async () => {
  const test = await setup()
  await addUser(test.ctx, { name: 'eve', role: 'viewer', password: 'marble thunder oyster' })
  const outcomes = []
  for (let n = 0; n < 60; n++) {
    outcomes.push(await tryOnce(test, 'ada', '192.0.2.1'))
    if (n % 4 === 3) await tryOnce(test, 'eve', '192.0.2.1', 'marble thunder oyster')
  }
  expect(outcomes.filter((code) => code === 'auth.wrong_credentials')).toHaveLength(5)
})

it('F11: the present password of an account is guessed no faster than at the login', async () => {
  const test = await setup()
  const { principal } = await logIn(test.ctx, {
    name: 'ada',
    password: PASSWORD,
    client: clientAt('192.0.2.1'),
    deviceToken: undefined,
  })
  hashings.length = 0
  const change = (current: string) =>
    changeOwnPassword(test.ctx, principal, { current, next: 'copper window violin' }).then(
      () => 'changed',
      (error: { code: string }) => error.code,
    )
  const outcomes = []
  for (let n = 0; n < 30; n++) outcomes.push(await change(`wrong words ${n}`))
  expect(outcomes.filter((code) => code === 'auth.wrong_password')).toHaveLength(5)
  expect(hashings).toHaveLength(5)
  expect(await change(PASSWORD)).toBe('auth.too_many_tries')
  // The owner, in another browser, is not held up by it.
  expect(await tryOnce(test, 'ada', '192.0.2.1', PASSWORD)).toBe('in')
  test.clock.advance(60_000)
  expect(await change(PASSWORD)).toBe('changed')
})

it('SR-07 keeps a bounded number of brakes', async () => {
  const { ctx, clock } = await setup()
  const insert = `INSERT INTO login_brakes (subject, failures, last_failure_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100500) SELECT 'user:' || i, 1, ? + i FROM n`
  await ctx.db.write((tx) => tx.run(insert, [clock.now()]))
  await ctx.db.write((tx) => deleteOldBrakes(tx, clock.now()))
  const left = await ctx.db.read((tx) => tx.get<{ n: number }>('SELECT count(*) AS n FROM login_brakes'))
  expect(left?.n).toBeLessThanOrEqual(100_001)
  await ctx.db.write((tx) => deleteOldBrakes(tx, clock.now() + 200_000))
  expect(await ctx.db.read((tx) => tx.get('SELECT count(*) AS n FROM login_brakes'))).toEqual({ n: 0 })
})
