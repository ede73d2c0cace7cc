// `herald emulator` as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { expect, it, onTestFinished } from 'vitest'
import { dialectNames } from '../../src/emulator/dialect.ts'
import { tempDir, textTo } from './support.ts'

function herald(...argv: string[]): {
  child: ChildProcess
  output(): string
  hasSaid(pattern: RegExp): Promise<string>
} {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  const keep = (piece: Buffer) => {
    said += piece.toString()
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const hasSaid = async (pattern: RegExp) => {
    while (!pattern.test(said))
      await Promise.race([once(child.stdout ?? child, 'data'), once(child.stderr ?? child, 'data')])
    return said
  }
  return { child, output: () => said, hasSaid }
}

it('prints where each dialect is, plays its script, and ends with Ctrl-C', async () => {
  const script = join(tempDir(), 'faults.yaml')
  writeFileSync(
    script,
    'seed: 7\nrules:\n  - match: { nth: 2 }\n    phase: before\n    action: { type: throttle, retryAfter: 5 }\n',
  )
  const { child, hasSaid } = herald(
    'emulator',
    '--port',
    '0',
    '--access-token',
    'good-token',
    '--script',
    script,
    '--json',
  )
  const { baseUrls } = JSON.parse(await hasSaid(/\}\s*\}/))
  expect(Object.keys(baseUrls)).toEqual([...dialectNames])
  for (const name of dialectNames) expect(baseUrls[name]).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/${name}$`))
  const send = async (token: string) => {
    const answer = await request(`${baseUrls.meta}/v25.0/1060000000000001/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(textTo('+12025550101')),
    })
    await answer.body.dump()
    return [answer.statusCode, answer.headers['retry-after']]
  }
  expect(await send('good-token')).toEqual([200, undefined])
  expect(await send('good-token')).toEqual([400, '5'])
  expect(await send('bad-token')).toEqual([401, undefined])
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('says which flag is missing', async () => {
  const { child, output } = herald('emulator', '--app-secret', 'emulator-test-secret')
  expect(await once(child, 'close')).toEqual([2, null])
  expect(output()).toContain('--app-secret needs --webhook-url')
})

it('V10: needs no secret where only providers are played that sign nothing', async () => {
  const { child, hasSaid } = herald(
    'emulator',
    '--port',
    '0',
    '--webhook-url',
    'http://127.0.0.1:9/webhooks/main/token',
  )
  expect(await hasSaid(/give --app-secret/)).toContain('Meta and Bird send no callbacks')
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
})
