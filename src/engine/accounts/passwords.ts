// Passwords: what may be one, how it is stored, how it is compared. Source of the limits: OWASP ASVS 5.0, 6.2.
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'
import { AppError } from '../../domain/errors.ts'
import { famousPhrases } from './famous-phrases.ts'

export const PASSWORD_LENGTH_MIN = 12
export const PASSWORD_LENGTH_MAX = 256
/** scrypt's cost: 32 MiB and some 100 ms a password. */
const COST = { N: 2 ** 15, r: 8, p: 1 }
const KEY_BYTES = 32
/** Words of this product that people put into its password. */
const PRODUCT_WORDS = ['herald', 'whatsapp', 'campaign', 'marketing', 'administrator', 'company']

/** Guesses that a password must outlast. Three words of a list of 7,776 have 10^11.7; estimates of them begin at 10^9. */
const GUESSES_MIN = 10 ** 8.8
/** Of its letters and digits alone, because guessers put signs between them by rule. */
const PLAIN_GUESSES_MIN = 10 ** 8.5
const PLAIN_LENGTH_MIN = 9
/** Estimating takes longer than linear: a long password is looked at from both ends. */
const LOOKED_AT = 32
/** Words of a famous phrase that are known without the rest. */
const PART_WORDS_MIN = 3

let estimator: ZxcvbnFactory | undefined

/**
 * `words` are those that a person who knows the user would try. Throws AppError password.too_short, password.too_long,
 * password.common.
 */
export function checkPassword(password: string, words: readonly string[]): void {
  const length = [...password].length
  if (length < PASSWORD_LENGTH_MIN)
    throw new AppError('password.too_short', `the password has ${length} characters, at least ${PASSWORD_LENGTH_MIN}`, {
      hint: 'Three or four words that do not belong together are easy to keep in mind.',
    })
  if (length > PASSWORD_LENGTH_MAX)
    throw new AppError('password.too_long', `the password has ${length} characters, at most ${PASSWORD_LENGTH_MAX}`)
  if (isGuessable(password, words))
    throw new AppError('password.common', 'the password is too easy to guess', {
      hint: 'Use three or four words that do not belong together. Leave out names, dates, rows of keys, repetitions and well-known phrases.',
    })
}

/** What a name, an e-mail address or the address of this service are made of. */
export function wordsIn(text: string): string[] {
  const parts = text.split(/[^\p{L}\p{N}]+/u)
  return [text, plainOf(text), ...parts].filter((word) => word.length >= 3)
}

/** As typed, with its words joined, and without signs: each form is tried by guessers. */
function isGuessable(password: string, words: readonly string[]): boolean {
  const text = password.normalize('NFKC')
  const plain = plainOf(text)
  const forms = [
    { form: text, min: GUESSES_MIN },
    { form: text.replace(/[\s\-_.,:;/|+]+/g, ''), min: GUESSES_MIN },
    ...(plain.length < PLAIN_LENGTH_MIN ? [] : [{ form: plain, min: PLAIN_GUESSES_MIN }]),
  ]
  const known = [...words, ...PRODUCT_WORDS].map((word) => word.toLowerCase())
  return forms.some(({ form, min }) => !outlasts(form, known, min))
}

function outlasts(form: string, words: string[], guessesMin: number): boolean {
  const ends = form.length > LOOKED_AT ? [form.slice(0, LOOKED_AT), form.slice(-LOOKED_AT)] : [form]
  return ends.some((end) => estimatorOf().check(end, words).guesses >= guessesMin)
}

/** Made when it is first asked: commands that set no password do not wait for it. */
function estimatorOf(): ZxcvbnFactory {
  estimator ??= new ZxcvbnFactory({
    dictionary: { ...dictionary, phrases: famousPhrases.flatMap(partsOf) },
    graphs: adjacencyGraphs,
    l33tMaxSubstitutions: 16,
  })
  return estimator
}

/** A phrase, and each part of it that is still known by itself. */
function partsOf(phrase: string): string[] {
  const phraseWords = phrase.split(' ')
  const parts = phraseWords.flatMap((_, from) =>
    phraseWords
      .slice(from + PART_WORDS_MIN - 1)
      .map((_, more) => phraseWords.slice(from, from + PART_WORDS_MIN + more)),
  )
  return [phrase, ...parts.map((part) => part.join(' '))].map(plainOf)
}

function plainOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '')
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
