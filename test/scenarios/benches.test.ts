// Each bench of `npm run bench` still runs to its end, on a little of its work, and says what it found. How fast anything is, is not
// looked at here.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FIGURES_FILE, type Figure } from '../../bench/figures.ts'
import { tempDir } from '../support/open-test-app.ts'

const root = new URL('../..', import.meta.url).pathname
const little = [
  ['import', 'import.ts --rows 300 --rounds 1', 2],
  ['plan', 'plan.ts --messages 300 --past 600 --rounds 1', 2],
  ['send', 'send.ts --messages 200 --rounds 1', 1],
  ['rate', 'rate.ts --senders 1 --rate 10 --seconds 2', 1],
  ['track', 'track.ts --messages 600 --rate 50 --seconds 1 --rounds 1 --sending 50', 2],
  ['hand', 'hand.ts --rounds 1 --messages 500 --campaigns 20 --rest 1', 7],
  ['loop', 'loop.ts --people 100 --rate 20 --seconds 1', 1],
] as const

it.each(little)('%s ends with its figures', async (name, line, count) => {
  const file = join(tempDir(), 'figures')
  const [script = '', ...args] = line.split(' ')
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'bench', script), ...args], {
    cwd: root,
    env: { ...process.env, [FIGURES_FILE]: file },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  expect(code, stderr).toBe(0)
  const figures = readFileSync(file, 'utf8').trimEnd().split('\n')
  const parsed = figures.map((figure) => JSON.parse(figure) as Figure)
  expect(parsed.map(({ bench }) => bench)).toEqual(Array.from({ length: count }, () => name))
  expect(figures.join()).not.toMatch(/NaN|Infinity|undefined/)
})
