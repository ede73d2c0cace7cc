// Logs without people and secrets in them.
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** What a process logs, line by line; logs go to stderr. */
function logged(statement: string, level = 'info', isPretty = false): { lines: string[]; stdout: string } {
  const script = `
    const { createLog } = await import('./src/runtime/log.ts')
    const log = createLog({ level: '${level}', isPretty: ${isPretty} })
    ${statement}`
  const { stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  return { lines: stderr.split('\n').filter((line) => line !== ''), stdout }
}

describe('the log', () => {
  it('SR-46 hides phones, texts, attributes and secrets, wherever they stand', () => {
    const fields = `{ phone: '+12025550100', to: { phone: '+12025550101' }, body: 'Hello', variables: { a: 1 }, attributes: {},
      credentials: 'c', sender: { accessToken: 'token-1', appSecret: 'secret-1', credentials: 'creds' }, authorization: 'Bearer x', kept: 7 }`
    const { lines, stdout } = logged(`log.warn(${fields}, 'something')`)
    expect(lines).toHaveLength(1)
    const [line = ''] = lines
    for (const hidden of ['2025550', 'Hello', 'token-1', 'secret-1', 'creds', 'Bearer'])
      expect(line).not.toContain(hidden)
    expect(JSON.parse(line)).toMatchObject({ kept: 7, msg: 'something', phone: '[hidden]' })
    expect(stdout).toBe('')
  })

  it('tells of an error its name, code, cause and place, and not the request that it carries', () => {
    const { lines } = logged(
      `log.error({ err: Object.assign(new Error('refused', { cause: new Error('reset') }), { code: 'ECONNRESET', request: { authorization: 'Bearer x' } }) }, 'call failed')`,
    )
    const { err } = JSON.parse(lines[0] ?? '')
    expect(err).toMatchObject({ name: 'Error', message: 'refused', code: 'ECONNRESET', cause: { message: 'reset' } })
    expect(lines[0]).not.toContain('Bearer')
  })

  it('has a stack of a fault of the program, and none of what comes from outside', () => {
    const errors = `new TypeError('bug'), Object.assign(new Error('bug'), { code: 'ERR_INVALID_ARG_TYPE' }),
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), Object.assign(new Error('no'), { code: 'db.busy' })`
    const { lines } = logged(`for (const err of [${errors}]) log.error({ err }, 'x')`)
    expect(lines.map((line) => 'stack' in JSON.parse(line).err)).toEqual([true, true, false, false])
  })

  it('keeps below its level to itself, and silent says nothing', () => {
    expect(logged(`log.info('no'); log.warn('yes')`, 'warn').lines).toHaveLength(1)
    expect(logged(`log.fatal('no')`, 'silent').lines).toEqual([])
  })

  it('is readable for people at a terminal', () => {
    const [line] = logged(`log.warn({ err: new Error('full') }, 'disk')`, 'info', true).lines
    expect(line).toMatch(/^\d\d:\d\d:\d\d warn disk: full$/)
  })

  it('SR-38 keeps what others wrote within its line, and free of what a terminal obeys', () => {
    const hostile = 'Ann\\u001b]0;x\\u0007\\u009b2J\\u202e\\nFAKE'
    const told = `log.warn({ name: '${hostile}', err: new Error('${hostile}') }, '${hostile}')`
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come
    const control = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/
    const json = logged(told).lines
    expect(json).toHaveLength(1)
    expect(json[0]).not.toMatch(control)
    expect(JSON.parse(json[0] ?? '').name).toMatch(/^Ann.*\nFAKE$/s)
    const pretty = logged(told, 'info', true).lines
    expect(pretty).toHaveLength(1)
    expect(pretty[0]).not.toMatch(control)
    expect(pretty[0]).toContain('FAKE')
  })
})
