// The package that npm makes: it carries what runs and what the README links, nothing else, and runs from an empty folder.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { tempDir } from '../support/open-test-app.ts'

const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

it('carries what runs and what the README links, and runs from an empty folder', { timeout: 180_000 }, async () => {
  const dir = tempDir()
  // The build is there already; without scripts nothing is fetched.
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', dir], resolve('.'))
  const [archive = ''] = readdirSync(dir)
  run('tar', ['-xzf', archive], dir)
  const root = join(dir, 'package')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))
  expect(files.filter((path) => /\.d\.ts$|\.map$|tsbuildinfo|snapshot|^(?:src|test|bench)\//.test(path))).toEqual([])
  expect(files).toContain('migrations/sqlite/meta/_journal.json')
  const linked = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
  expect(linked.length).toBeGreaterThan(5)
  expect(linked.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)))).toEqual([])
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
  const empty = join(dir, 'empty')
  mkdirSync(empty)
  const herald = (...argv: string[]) => run(process.execPath, [join(root, 'dist/main.js'), ...argv], empty)
  expect(herald('--version').trim()).toMatch(/^\d+\.\d+\.\d+$/)
  // What it needs is there when messages leave; how it ends is tested with the command.
  const demo = spawn(process.execPath, [join(root, 'dist/main.js'), 'demo'], {
    cwd: empty,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const closed = once(demo, 'close')
  let said = ''
  demo.stderr.on('data', (piece) => {
    said += String(piece)
  })
  while (!/[1-9]\d* of 954 messages/.test(said)) await once(demo.stderr, 'data')
  demo.kill('SIGINT')
  expect(await closed).toEqual([130, null])
  expect(readdirSync(empty)).toEqual([])
})
