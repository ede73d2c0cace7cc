// The README is true: its commands run one after another as they stand, its links lead somewhere, its lists are whole.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { AppError } from '../../src/domain/errors.ts'
import { providerNames } from '../../src/providers/provider.ts'
import { settings } from '../../src/runtime/config.ts'
import { tempDir } from '../support/open-test-app.ts'

const readme = readFileSync('README.md', 'utf8')
const PATIENCE_MS = 300_000

interface Block {
  text: string
  /** Why it cannot run here, in the comment before it. */
  excuse: string | undefined
}

/** The shell blocks, with the comment right before each that keeps it from being run. */
function shellBlocks(text: string): Block[] {
  const pattern = /(?:<!-- not run by the test: ([^>]*?) -->\n *)?```sh\n([\s\S]*?)```/g
  return [...text.matchAll(pattern)].map(([, excuse, block = '']) => ({ text: block, excuse }))
}

/** What a fresh checkout has once it is built, with an empty data folder. */
function checkout(): string {
  const dir = tempDir()
  for (const name of ['dist', 'samples', 'migrations', 'node_modules', 'package.json'])
    symlinkSync(resolve(name), join(dir, name))
  return dir
}

describe('the commands of the README', () => {
  it('run as they stand, one after another', { timeout: PATIENCE_MS }, () => {
    expect(existsSync('dist/main.js'), 'build first: npm run build').toBe(true)
    const blocks = shellBlocks(readme).filter(({ excuse }) => excuse === undefined)
    expect(blocks.length).toBeGreaterThanOrEqual(8)
    const script = ['shopt -s expand_aliases', 'set -e', ...blocks.map(({ text }) => text)].join('\n')
    const dir = checkout()
    const env = { PATH: process.env.PATH, HOME: dir }
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: dir, env, encoding: 'utf8' })
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/added +954/)
    expect(stdout).toMatch(/duplicate in the file +8/)
    expect(stdout).toMatch(/rejected +38/)
    expect(stdout).toContain('the books balance')
    expect(stdout).toContain('opted_out')
    expect(existsSync(join(dir, 'messages.csv'))).toBe(true)
  })

  it('that cannot run here say why, and are few', () => {
    const excused = shellBlocks(readme).filter(({ excuse }) => excuse !== undefined)
    expect(excused.map(({ text }) => text.trim().split(/\s+/).slice(0, 2).join(' '))).toEqual([
      'npm ci',
      'npm run',
      'npm start',
      'export META_ACCESS_TOKEN=…',
      'HERALD_PUBLIC_URL=https://herald.example.com herald',
      'npm test',
    ])
  })

  it('exist in the program, all of them in the table', async () => {
    const table = readme.slice(readme.indexOf('## Commands'), readme.indexOf('Exit codes:'))
    const named = [...table.matchAll(/`([a-z]+)[ `]/g)].map(([, name]) => name)
    const known = (await buildProgram()).commands.map((command) => command.name())
    expect(known.filter((name) => !named.includes(name))).toEqual([])
  })
})

describe('the rest of the README', () => {
  it('names every provider', () => {
    expect(providerNames.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
  })

  it.each(['README.md', 'docs/concepts.md', 'docs/operations.md'])('has links in %s that lead somewhere', (file) => {
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link)
    const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(dirname(file), link)))
    expect(broken).toEqual([])
  })
})

/** databaseUrl → HERALD_DATABASE_URL. */
function variableOf(key: string): string {
  return `HERALD_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

describe('docs/operations.md', () => {
  const operations = readFileSync('docs/operations.md', 'utf8')

  it('names every setting with its variable and its default', () => {
    const rows = Object.entries(settings).map(([key, { fallback: value }]) => {
      return `| \`${variableOf(key)}\` | \`${key}\` | ${value === undefined ? '' : `\`${value}\``} |`
    })
    expect(rows.filter((row) => !operations.includes(row))).toEqual([])
  })

  it('names the exit codes as they are', () => {
    const codes = [
      'usage.unknown_option',
      'csv.empty',
      'config.invalid',
      'list.busy',
      'provider.refused',
      'db.full',
      'check.failed',
      'interrupted',
    ] as const
    expect(codes.map((code) => exitCodeOf(new AppError(code, 'a message')))).toEqual([2, 3, 4, 5, 6, 7, 8, 130])
    const table = operations.slice(operations.indexOf('## Exit codes'))
    expect([...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 130,
    ])
  })
})
