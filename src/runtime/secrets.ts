// Secrets at rest: AES-256-GCM with a key that is never in the database, bound to the place where they are stored.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../domain/errors.ts'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

export interface SecretKeyOptions {
  /** The key itself: 64 hex digits or base64 of 32 bytes. */
  key?: string | undefined
  keyFile?: string | undefined
  /** Where a key is made when none is given. */
  defaultKeyFile: string
}

export class Secrets {
  readonly #key: Buffer
  readonly #keyId: string

  constructor(key: Buffer) {
    this.#key = key
    this.#keyId = createHash('sha256').update(key).digest('hex').slice(0, 8)
  }

  /** `place` names row and field; a sealed text opens only there. */
  seal(text: string, place: string): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv)
    cipher.setAAD(Buffer.from(place))
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `v1.${this.#keyId}.${sealed.toString('base64url')}`
  }

  /** Throws AppError config.secret_unreadable for another key, another place or a changed text. */
  open(sealed: string, place: string): string {
    const [version, keyId, data] = sealed.split('.')
    const bytes = Buffer.from(data ?? '', 'base64url')
    if (version !== 'v1' || bytes.length < IV_BYTES + TAG_BYTES) throw unreadable('it is no sealed text')
    if (keyId !== this.#keyId) throw unreadable('it was sealed with another key')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES))
    decipher.setAAD(Buffer.from(place))
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
    try {
      return Buffer.concat([
        decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES)),
        decipher.final(),
      ]).toString('utf8')
    } catch (error) {
      throw unreadable('it was changed or stands in another place', error)
    }
  }

  /** A key for hashes, made of the secret key: it opens no secret and can be given to another thread. */
  hashKey(): string {
    return createHmac('sha256', this.#key).update('key of hashes').digest('hex')
  }
}

/** The same text gives the same hash on this installation only. */
export function keyedHash(hashKey: string, text: string): string {
  return createHmac('sha256', hashKey).update(text).digest('hex')
}

function unreadable(why: string, cause?: unknown): AppError {
  return new AppError('config.secret_unreadable', `a stored secret cannot be read: ${why}`, {
    hint: 'Give the key that was in use when it was stored (HERALD_SECRET_KEY or HERALD_SECRET_KEY_FILE), or store the secret again.',
    cause,
  })
}

/** The key from the environment, from a file, or made beside the database on first use. */
export function openSecrets(options: SecretKeyOptions): Secrets {
  if (options.key !== undefined) return new Secrets(parseKey(options.key, 'HERALD_SECRET_KEY'))
  const path = options.keyFile ?? options.defaultKeyFile
  if (!existsSync(path)) {
    if (options.keyFile !== undefined)
      throw new AppError('config.secret_missing', `the key file ${path} does not exist`, {
        hint: 'Check HERALD_SECRET_KEY_FILE.',
      })
    makeKeyFile(path)
  }
  checkMode(path)
  return new Secrets(parseKey(readFileSync(path, 'utf8'), path))
}

function parseKey(text: string, where: string): Buffer {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length === KEY_BYTES) return key
  if (trimmed === '')
    throw new AppError('config.invalid', `${where} is empty`, {
      hint: 'If it was left by an interrupted start, delete it: the next start makes a key. Else put the key back.',
    })
  throw new AppError('config.invalid', `${where} holds no key: need 64 hex digits or base64 of 32 bytes`, {
    hint: 'Make one with: openssl rand -hex 32.',
  })
}

/** Whole, on the disk and under its name in one step; of two processes that start together both read the same key. */
function makeKeyFile(path: string): void {
  const folder = dirname(path)
  const part = `${path}.${process.pid}.part`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(part, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(part, path)
  } catch {
    // Another process was faster; or the file system has no links, and nobody else is likely to be here.
    if (!existsSync(path)) renameSync(part, path)
  }
  // Also what a process that was killed here left.
  const parts = readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.part'))
  for (const name of parts) rmSync(join(folder, name), { force: true })
  syncFolder(folder)
}

/** The name of a file is content of its folder; not every system opens or syncs folders. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r')
    fsyncSync(folder)
    closeSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') throw error
  }
}

function checkMode(path: string): void {
  const mode = statSync(path).mode & 0o777
  if ((mode & 0o077) !== 0 && process.platform !== 'win32')
    throw new AppError('config.key_file_open', `${path} can be read by others (mode ${mode.toString(8)})`, {
      hint: `Run: chmod 600 ${path}`,
    })
}
