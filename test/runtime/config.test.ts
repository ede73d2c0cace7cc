// Settings: where each comes from, which wins, and how a wrong one is named.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ConfigSources, readConfig } from '../../src/runtime/config.ts'
import { tempDir } from '../support/open-test-app.ts'

function configFile(text: string): string {
  const path = join(tempDir(), 'herald.yaml')
  writeFileSync(path, text)
  return path
}

function refused(sources: ConfigSources): { code?: string; message?: string; hint?: string } {
  try {
    readConfig(sources)
  } catch (error) {
    return error as { code: string; message: string; hint?: string }
  }
  return {}
}

describe('the configuration', () => {
  it('has a default for everything it needs', () => {
    expect(readConfig({ env: {} })).toMatchObject({
      databaseUrl: './data/herald.db',
      timeZone: 'UTC',
      host: '127.0.0.1',
      port: 8080,
      logLevel: 'info',
      senderRatePerSecond: 20,
      pairIntervalSeconds: 6,
      callDeadlineSeconds: 30,
      unknownProofHours: 72,
      orphanDays: 7,
      retentionDays: 90,
    })
  })

  it('takes a flag before the environment, the environment before the file, the file before the default', () => {
    const HERALD_CONFIG = configFile('port: 1111\nhost: 127.0.0.2\ntimeZone: Europe/Berlin\n')
    const env = { HERALD_CONFIG, HERALD_PORT: '2222', HERALD_HOST: '127.0.0.3' }
    const config = readConfig({ env, flags: { port: 3333, host: undefined } })
    expect(config).toMatchObject({ port: 3333, host: '127.0.0.3', timeZone: 'Europe/Berlin', logLevel: 'info' })
  })

  it.each([
    ['databaseUrl', 'HERALD_DATABASE_URL', './other.db', './other.db'],
    ['callDeadlineSeconds', 'HERALD_CALL_DEADLINE_SECONDS', '7', 7],
    ['port', 'HERALD_PORT', '0', 0],
    ['pairIntervalSeconds', 'HERALD_PAIR_INTERVAL_SECONDS', '0.5', 0.5],
  ])('reads %s from %s', (key, name, text, value) => {
    expect(readConfig({ env: { [name]: text } })[key as 'port']).toBe(value)
  })

  it('takes the slash from the end of the public address', () => {
    expect(readConfig({ env: { HERALD_PUBLIC_URL: 'https://wa.example.com/' } }).publicUrl).toBe(
      'https://wa.example.com',
    )
  })

  it.each([
    ['HERALD_PORT', '80a'],
    ['HERALD_PORT', '70000'],
    ['HERALD_PORT', '-1'],
    ['HERALD_PORT', '80.5'],
    ['HERALD_TIME_ZONE', 'Mars/Phobos'],
    ['HERALD_PUBLIC_URL', 'ftp://example.com'],
    ['HERALD_PUBLIC_URL', 'example'],
    ['HERALD_LOG_LEVEL', 'loud'],
    ['HERALD_SENDER_RATE_PER_SECOND', '0'],
    ['HERALD_SENDER_RATE_PER_SECOND', '1e9'],
    ['HERALD_CALL_DEADLINE_SECONDS', '0'],
    ['HERALD_RETENTION_DAYS', '0'],
  ])('refuses %s=%s and names it with what was found', (name, value) => {
    const error = refused({ env: { [name]: value } })
    expect(error.code).toBe('config.invalid')
    expect(error.message).toContain(name)
    expect(error.message).toContain(value)
  })

  it.each(['', '   '])('refuses a variable that is set but empty (“%s”)', (value) => {
    expect(refused({ env: { HERALD_PORT: value } })).toMatchObject({
      code: 'config.empty_value',
      message: expect.stringContaining('HERALD_PORT'),
    })
  })

  it('leaves variables of others alone', () => {
    expect(readConfig({ env: { PORT: '1', HERALDRY: 'x' } }).port).toBe(8080)
  })

  it('names file, line and nearest setting of a key that it does not know', () => {
    const path = configFile('host: 127.0.0.1\n# a remark\nprot: 8080\n')
    const error = refused({ env: { HERALD_CONFIG: path } })
    expect(error).toMatchObject({ code: 'config.unknown_key', hint: expect.stringContaining('"port"') })
    expect(error.message).toContain(`${path}:3`)
  })

  it('names file and line of a value that is wrong', () => {
    const path = configFile('host: 127.0.0.1\nport: 80a\n')
    expect(refused({ env: { HERALD_CONFIG: path } }).message).toContain(`${path}:2`)
  })

  it.each([
    ['a list', '- port\n'],
    ['no YAML', 'port: [1\n'],
    ['aliases', 'host: &a x\ndatabaseUrl: *a\n'],
  ])('refuses a file that is %s', (_what, text) => {
    expect(refused({ env: { HERALD_CONFIG: configFile(text) } })).not.toEqual({})
  })

  it('refuses a file that is named and not there', () => {
    const path = join(tempDir(), 'nothing.yaml')
    expect(refused({ env: { HERALD_CONFIG: path } })).toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining(path),
    })
  })

  it('takes an empty file', () => {
    expect(readConfig({ env: { HERALD_CONFIG: configFile('') } }).port).toBe(8080)
  })
})
