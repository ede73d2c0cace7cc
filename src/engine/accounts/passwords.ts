// Passwords: what may be one, how it is stored, how it is compared. Source of the limits: OWASP ASVS 5.0, 6.2.
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { dictionary } from '@zxcvbn-ts/language-common'
import { AppError } from '../../domain/errors.ts'

export const PASSWORD_LENGTH_MIN = 12
export const PASSWORD_LENGTH_MAX = 256
/** scrypt's cost: 32 MiB and some 100 ms a password. */
const COST = { N: 2 ** 15, r: 8, p: 1 }
const KEY_BYTES = 32
/** Words of this product that people put into its password. */
const OWN_WORDS = ['herald', 'whatsapp', 'campaign', 'administrator']

/** Different characters beside words that anybody would try. */
const DIFFERENT_MIN = 6

let common: ReadonlySet<string> | undefined

/** Throws AppError password.too_short, password.too_long, password.common. */
export function checkPassword(password: string, userName: string): void {
  const length = [...password].length
  if (length < PASSWORD_LENGTH_MIN)
    throw new AppError('password.too_short', `the password has ${length} characters, at least ${PASSWORD_LENGTH_MIN}`, {
      hint: 'Three or four words that do not belong together are easy to keep in mind.',
    })
  if (length > PASSWORD_LENGTH_MAX)
    throw new AppError('password.too_long', `the password has ${length} characters, at most ${PASSWORD_LENGTH_MAX}`)
  if (isGuessable(password, userName))
    throw new AppError('password.common', 'the password is among the first that are tried', {
      hint: 'Leave out your name, this program’s name and passwords that many people use.',
    })
}

/** A common password, alone or with digits and signs around it, repeated, or made of known words only. */
function isGuessable(password: string, userName: string): boolean {
  common ??= new Set(dictionary['passwords-common'])
  const text = password.toLowerCase().normalize('NFKC')
  const words = [...OWN_WORDS, ...(userName.length >= 3 ? [userName.toLowerCase()] : [])]
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), text)
  const core = rest.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  if (common.has(text) || common.has(core) || new Set(rest).size < DIFFERENT_MIN) return true
  return /^(.{1,6})\1+$/u.test(text)
}

/** `scrypt$N$r$p$salt$key`, the parameters stored so that they can rise. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Takes as long for an unknown user: compare with `unknownUserHash`. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, n, r, p, salt = '', key = ''] = stored.split('$')
  const expected = Buffer.from(key, 'base64url')
  const cost = { N: Number(n), r: Number(r), p: Number(p) }
  const found = await derive(password.slice(0, PASSWORD_LENGTH_MAX * 2), Buffer.from(salt, 'base64url'), cost)
  return expected.length === found.length && timingSafeEqual(found, expected)
}

/** Whether a stored password should be hashed anew at the next login. */
export function isOutdated(stored: string): boolean {
  const [, n, r, p] = stored.split('$')
  return Number(n) !== COST.N || Number(r) !== COST.r || Number(p) !== COST.p
}

/** The hash of nothing that anybody knows. */
export const unknownUserHash = ['scrypt', COST.N, COST.r, COST.p, 'AAAAAAAAAAAAAAAAAAAAAA', 'A'.repeat(43)].join('$')

function derive(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  const options = { ...cost, maxmem: 64 * 1024 * 1024 }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}
