// Rules of security that the source itself must keep: what is never written anywhere in it.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../src/', import.meta.url).pathname
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(`${root}${path}`, 'utf8') }))

/** Lines of our own code in which a pattern stands; comments do not count. */
function linesWith(pattern: RegExp, isAllowed: (path: string) => boolean = () => false): string[] {
  return sources
    .filter(({ path }) => !isAllowed(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => pattern.test(line) && !/^\s*(?:\/\/|\*|\/\*)/.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    )
}

/** Two values of which one is called a secret, compared as texts. */
const comparedSecret =
  /\b\w*(?:token|secret|signature|password)\w*\s*[!=]==\s*(?!undefined|null|'|"|`|\d|true|false)[\w.]+/i

it('reads the source', () => {
  expect(sources.length).toBeGreaterThan(200)
  expect(comparedSecret.test('if (given === expected || token === other.token)')).toBe(true)
})

it('SR-14 compares no secret character by character', () => {
  // The emulator is a tool on loopback that plays a provider.
  expect(linesWith(comparedSecret, (path) => path.startsWith('emulator/'))).toEqual([])
})

it('F11: compares an entered password in one place, which brakes guesses', () => {
  const callers = linesWith(/\bisPassword\(/).map((line) => line.split(':')[0])
  expect([...new Set(callers)].sort()).toEqual(['engine/accounts/password-check.ts', 'engine/accounts/passwords.ts'])
})

it('SR-23 calls nobody but providers: one client for drivers, one queue for the callbacks of the emulator', () => {
  const callers = linesWith(/from 'undici'|from 'node:https'|(?<![.#\w])fetch\(/)
  expect([...new Set(callers.map((line) => line.split(':')[0]))].sort()).toEqual([
    'emulator/webhook-queue.ts',
    'providers/http-client.ts',
  ])
})

it('SR-27 unpacks nothing', () => {
  expect(linesWith(/node:zlib|DecompressionStream|from '(?:yauzl|jszip|adm-zip|unzipper|exceljs|xlsx)'/)).toEqual([])
})

it('SR-36 makes no code out of data and starts no other program', () => {
  expect(linesWith(/\beval\(|\bnew Function\b|node:vm|node:child_process/)).toEqual([])
})

it('SR-40 never writes markup into a page as text', () => {
  const raw = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\braw\(/
  expect(linesWith(raw)).toEqual([])
  for (const name of ['app.js', 'campaigns.js', 'imports.js'])
    expect(readFileSync(`${root}web/assets/${name}`, 'utf8')).not.toMatch(raw)
})

it('is written in plain words: says who, in comments too', () => {
  const wordy = /\b(?:whoever|somebody|lies)\b/i
  const found = sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line) => (wordy.test(line) ? [`${path}: ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})
