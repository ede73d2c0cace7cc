// Guesses at passwords, many of them: how many are looked at, how many at once, and that nothing tells names apart. The
// slow hash is counted here instead of made.
import crypto, { type BinaryLike, type ScryptOptions } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { hashPassword } from '../../src/engine/accounts/passwords.ts'
import { logIn } from '../../src/engine/accounts/sessions.ts'
import { addUser, changeUser } from '../../src/engine/accounts/users.ts'
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
  return logIn(ctx, { name, password, address, deviceToken: undefined }).then(
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

it('SR-07 looks at forty of ten thousand tries in an hour, from however many addresses', async () => {
  const test = await setup()
  const tries = 10_000
  const outcomes: Record<string, number> = {}
  for (let n = 0; n < tries; n++) {
    const code = await tryOnce(test, n % 3 === 0 ? 'ADA' : ' ada ', `192.0.2.${n % 250}`)
    outcomes[code] = (outcomes[code] ?? 0) + 1
    test.clock.advance(3_600_000 / tries)
  }
  expect(Object.keys(outcomes).sort()).toEqual(['auth.too_many_tries', 'auth.wrong_credentials'])
  expect(hashings.length).toBe(outcomes['auth.wrong_credentials'])
  expect(hashings.length).toBeLessThanOrEqual(40)
  expect(hashings.length).toBeGreaterThanOrEqual(5)
})

it('SR-07 goes on braking after a restart, and in another process', async () => {
  const test = await setup()
  for (let n = 0; n < 8; n++) await tryOnce(test, 'ada', `192.0.2.${n}`)
  const looked = hashings.length
  expect(looked).toBeLessThan(8)
  const other = await setup({ dir: test.dir, clock: test.clock })
  expect(await tryOnce(other, 'ada', '198.51.100.1', PASSWORD)).toBe('auth.too_many_tries')
  await test.app[Symbol.asyncDispose]()
  expect(await tryOnce(other, 'ada', '198.51.100.2', PASSWORD)).toBe('auth.too_many_tries')
  expect(hashings).toEqual([])
  other.clock.advance(16 * 60_000)
  expect(await tryOnce(other, 'ada', '198.51.100.3', PASSWORD)).toBe('in')
})

it('SR-07 hashes four passwords at once and no more, whoever asks', async () => {
  const test = await setup()
  const outcomes = await Promise.all(Array.from({ length: 60 }, (_, n) => tryOnce(test, `name ${n}`, `192.0.2.${n}`)))
  expect(mostAtOnce).toBe(4)
  expect(outcomes.filter((code) => code === 'auth.wrong_credentials').length).toBe(hashings.length)
  expect(outcomes.filter((code) => code === 'auth.too_many_tries').length).toBeGreaterThan(40)
  expect(await tryOnce(test, 'ada', '198.51.100.9', PASSWORD)).toBe('in')
})
