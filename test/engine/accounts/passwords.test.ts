// What may be a password: what people who guess try first is refused in every disguise, and phrases that people make up
// are taken. The same rule at every face.
import { scryptSync } from 'node:crypto'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { checkPassword, wordsIn } from '../../../src/engine/accounts/passwords.ts'
import { addUser, resetPassword } from '../../../src/engine/accounts/users.ts'
import { folderWithDatabase, heraldProcess, writeIn } from '../../support/cli.ts'
import { openTestApp } from '../../support/open-test-app.ts'

const words = [...wordsIn('ada.lovelace@acme.example'), ...wordsIn('herald.engines.example')]

/** The code of the refusal, or `taken`. */
function verdictOn(password: string): string {
  try {
    checkPassword(password, words)
    return 'taken'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const guessable = [
  // As found.
  'adminadmin12',
  'abcdefghijkl',
  'passw0rdpassw0rd',
  'qwerty qwerty',
  'correct horse battery staple',
  // Common, with digits, signs, blanks, leet, capitals.
  '123456789012',
  'passwordpassword',
  'Password1234',
  'P@ssw0rd2024!!',
  'p a s s w o r d 1',
  'ｐａｓｓｗｏｒｄ１２３４',
  'Welcome12345',
  'letmein letmein',
  'trustno1trustno1',
  'password1 password2',
  'my secret password',
  'Passwort1234',
  'пароль пароль',
  '4dm1n4dm1n12',
  'nimda nimda 1',
  'drowssapdrowssap',
  // Repetitions and sequences.
  'aaaaaaaaaaaaaa',
  'abcabcabcabc',
  'hunter2 hunter2',
  'test test test test',
  'abcdefg hijklmnop',
  'абвгдежзиклмн',
  '2026-11-30 2026-11-30',
  '+12025550123',
  // Rows of keys.
  'qwertyuiop123',
  'qwertz qwertz',
  '1qaz2wsx3edc4rfv',
  '!QAZ2wsx#EDC',
  'zxcvbnm,./asdf',
  'йцукенгшщзхъ',
  // Names, the company, the product.
  'ada.lovelace.1',
  'Lovelace1815!',
  'Acme-Lovelace-2026',
  'Engines2026!!',
  'herald-herald-herald',
  'WhatsApp2024!',
  'Acme Campaign 2026',
  'Administrator2026!',
  'Summer2024!Summer',
  'Liverpool1892!',
  // Words that everybody takes, and phrases.
  'dragon monkey 12',
  'superman batman',
  'january february',
  'iloveyou babygirl',
  'CorrectHorseBatteryStaple1',
  'c0rrect-h0rse-battery-staple',
  'to be or not to be',
  'May the Force be with you!',
  'never gonna give you up',
  'winter is coming',
  'live long and prosper',
  'hello world hello',
  'lorem ipsum dolor sit amet',
]

const good = [
  'orange kettle lantern',
  'violet anchor pebble',
  'copper window violin',
  'marble thunder oyster',
  'green apple river stone',
  'tonal-gravel-ostrich',
  'basketwhisperlunar',
  'walnut harbour tiptoe',
  'seven penguins juggle',
  'the cat sat on my laptop yesterday',
  'Kuchen Laterne Wolke',
  'sieben gelbe schirme',
  'mi perro come lentejas',
  'ёлка фонарь вокзал',
  '我喜欢在雨中散步看书听音乐',
  '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧',
  'zq8 vw3 kx5 pj2',
  'gf7Kp2xW9qLm',
  'x7$kQ!m2Zp@9',
  '#%^&*!@$(){}[]<>~',
  `${'a'.repeat(40)} violet anchor pebble thunder`,
]

describe('a new password', () => {
  it('SR-06 has at least 12 and at most 256 characters, of whatever kind', () => {
    expect(verdictOn('short words')).toBe('password.too_short')
    expect(verdictOn('x y'.repeat(86))).toBe('password.too_long')
    expect(verdictOn('orange kettle lantern '.repeat(11))).toBe('taken')
  })

  it.each(guessable)('F11: SR-06 is not "%s"', (password) => {
    expect(verdictOn(password)).toBe('password.common')
  })

  it.each(good)('F11: SR-06 may be "%s"', (password) => {
    expect(verdictOn(password)).toBe('taken')
  })

  it('F11: is looked at within bounds, however it is made', () => {
    // Leet and repetitions take the estimator longest: what it is given is measured, because time depends on the machine.
    const check = vi.spyOn(ZxcvbnFactory.prototype, 'check')
    for (const part of ['p@ssw0rd', '4@8({[<63$!|1', 'qwerty', '1!|i', '4 @']) verdictOn(part.repeat(256 / part.length))
    expect(Math.max(...check.mock.calls.map(([text]) => text.length))).toBeLessThanOrEqual(32)
    expect(check.mock.calls.length).toBeLessThanOrEqual(5 * 6)
    check.mockRestore()
  })

  it('F11: is held to the same rule where users are added, set up and given a new one', async () => {
    const { ctx } = await openTestApp()
    await addUser(ctx, { name: 'grace hopper', role: 'admin', password: 'orange kettle lantern' })
    for (const password of ['adminadmin12', 'Hopper Grace 1906']) {
      const refused = expect.objectContaining({ code: 'password.common' })
      await expect(addUser(ctx, { name: 'grace', role: 'viewer', password })).rejects.toEqual(refused)
      await expect(resetPassword(ctx, 'grace hopper', password)).rejects.toEqual(refused)
    }
  })

  it('SR-06 is stored as scrypt made it, with the work and the salt that stand beside it', async () => {
    const folder = await folderWithDatabase()
    const password = 'orange kettle lantern'
    const added = ['users', 'add', 'ada', '--role', 'admin', '--password-file', writeIn(folder, 'secret', password)]
    expect((await heraldProcess(folder, added)).exitCode).toBe(0)
    const db = new SqliteConnection(folder.dbPath, { readonly: true })
    const stored = db.prepare('SELECT password_hash FROM users').pluck().get() as string
    db.close()
    const [, N, r, p, salt = '', key] = stored.split('$')
    expect([N, r, p]).toEqual(['32768', '8', '1'])
    const work = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
    expect(scryptSync(password, Buffer.from(salt, 'base64url'), 32, work).toString('base64url')).toBe(key)
  })
})
