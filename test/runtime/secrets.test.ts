// Secrets at rest: sealed for one place with one key, and said to be unreadable everywhere else.
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keyedHash, openSecrets, Secrets } from '../../src/runtime/secrets.ts'
import { addMeta, openTestApp, tempDir } from '../support/open-test-app.ts'

const secrets = () => new Secrets(randomBytes(32))
const unreadable = expect.objectContaining({ code: 'config.secret_unreadable' })

describe('a sealed text', () => {
  it('opens in its place and shows nothing of itself', () => {
    const box = secrets()
    const sealed = box.seal('EAAG-token', 'senders/1/accessToken')
    expect(sealed).not.toContain('EAAG')
    expect(box.open(sealed, 'senders/1/accessToken')).toBe('EAAG-token')
  })

  it('is another one each time', () => {
    const box = secrets()
    expect(box.seal('same', 'here')).not.toBe(box.seal('same', 'here'))
  })

  it('does not open in another place', () => {
    const box = secrets()
    const sealed = box.seal('token', 'senders/1/accessToken')
    expect(() => box.open(sealed, 'senders/2/accessToken')).toThrow(unreadable)
  })

  it('does not open with another key, and says so', () => {
    const sealed = secrets().seal('token', 'here')
    expect(() => secrets().open(sealed, 'here')).toThrow(/another key/)
  })

  it('does not open when a byte of it was changed', () => {
    const box = secrets()
    const sealed = box.seal('a longer token', 'here')
    const [version, id, data = ''] = sealed.split('.')
    for (let n = 0; n < data.length; n += 5) {
      const changed = `${data.slice(0, n)}${data[n] === 'A' ? 'B' : 'A'}${data.slice(n + 1)}`
      expect(() => box.open(`${version}.${id}.${changed}`, 'here')).toThrow(unreadable)
    }
  })

  it.each(['', 'plain text', 'v1.', 'v2.00000000.AAAA', 'v1.00000000.AA'])('is not “%s”', (text) => {
    expect(() => secrets().open(text, 'here')).toThrow(unreadable)
  })

  it('may be empty, long and in every script', () => {
    const box = secrets()
    for (const text of ['', 'ключ 🔑', 'x'.repeat(100_000)]) expect(box.open(box.seal(text, 'here'), 'here')).toBe(text)
  })
})

describe('the key', () => {
  it('is made beside the database on first use, for its owner only, and stays', () => {
    const defaultKeyFile = join(tempDir(), 'herald.key')
    const sealed = openSecrets({ defaultKeyFile }).seal('token', 'here')
    expect(statSync(defaultKeyFile).mode & 0o777).toBe(0o600)
    expect(openSecrets({ defaultKeyFile }).open(sealed, 'here')).toBe('token')
  })

  it('comes from the environment in hexadecimal or base64, and then no file is made', () => {
    const key = randomBytes(32)
    const dir = tempDir()
    const defaultKeyFile = join(dir, 'herald.key')
    const sealed = openSecrets({ key: key.toString('hex'), defaultKeyFile }).seal('token', 'here')
    expect(openSecrets({ key: ` ${key.toString('base64')}\n`, defaultKeyFile }).open(sealed, 'here')).toBe('token')
    expect(() => readFileSync(defaultKeyFile)).toThrow(/ENOENT/)
  })

  it.each(['short', 'zz'.repeat(32), '00'.repeat(31)])('is refused when it is “%s”', (key) => {
    expect(() => openSecrets({ key, defaultKeyFile: '/nowhere' })).toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.not.stringContaining(key) }),
    )
  })

  it('is refused when others can read its file', () => {
    const path = join(tempDir(), 'herald.key')
    writeFileSync(path, randomBytes(32).toString('hex'))
    chmodSync(path, 0o644)
    expect(() => openSecrets({ defaultKeyFile: path })).toThrow(
      expect.objectContaining({ code: 'config.key_file_open', hint: expect.stringContaining(`chmod 600 ${path}`) }),
    )
  })

  it('is not made anew when the named file is gone', () => {
    const keyFile = join(tempDir(), 'gone.key')
    expect(() => openSecrets({ keyFile, defaultKeyFile: '/nowhere' })).toThrow(
      expect.objectContaining({ code: 'config.secret_missing' }),
    )
  })
})

describe('a hash with the key', () => {
  it('is the same for the same text here, and another one elsewhere', () => {
    const [here, elsewhere] = [secrets().hashKey(), secrets().hashKey()]
    expect(keyedHash(here, '4915112345678')).toBe(keyedHash(here, '4915112345678'))
    expect(keyedHash(here, '4915112345678')).not.toBe(keyedHash(elsewhere, '4915112345678'))
  })
})

describe('a database', () => {
  it('holds no secret in clear, and says which key it misses when it is opened with another', async () => {
    const test = await openTestApp()
    await addMeta(test)
    await test.app[Symbol.asyncDispose]()
    expect(readFileSync(test.dbPath).includes('test-token')).toBe(false)
    expect(readFileSync(test.dbPath).includes('test-secret')).toBe(false)
    const env = { HERALD_SECRET_KEY: randomBytes(32).toString('hex') }
    const again = await openTestApp({ dir: test.dir, env })
    await expect(again.app.connections.get(1)).rejects.toMatchObject({ code: 'config.secret_unreadable' })
  })
})
