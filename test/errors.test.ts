// Every refusal by its code: it is raised somewhere, and each face has an answer for it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../src/cli/exit-codes.ts'
import { AppError, isErrorCode, kindOf } from '../src/domain/errors.ts'
import { problemOf } from '../src/http/problem.ts'

const src = new URL('../src', import.meta.url).pathname
const list = readFileSync(join(src, 'domain/errors.ts'), 'utf8')
const elsewhere = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && path !== 'domain/errors.ts')
  .map((path) => readFileSync(join(src, path), 'utf8'))
  .join('\n')

/** Quoted words of the list that the program takes for codes. */
const codes = [
  ...new Set([...list.matchAll(/'([a-z_]+(?:\.[a-z_]+)?)'/g)].map(([, word = '']) => word).filter(isErrorCode)),
]

describe('every code of a refusal', () => {
  it('was read from the list', () => {
    expect(codes.length).toBeGreaterThan(120)
    expect(codes).toContain('phone.no_country')
    expect(codes).toContain('fault')
  })

  it('is raised somewhere', () => {
    expect(codes.filter((code) => !elsewhere.includes(`'${code}'`))).toEqual([])
  })

  it('names its area and its reason, except the two that need none', () => {
    expect(codes.filter((code) => !/^[a-z_]+\.[a-z_]+$/.test(code))).toEqual(['interrupted', 'fault'])
  })

  it('ends a command with an exit code of its kind', () => {
    const byKind = new Map(codes.map((code) => [kindOf(code), exitCodeOf(new AppError(code, 'message'))]))
    expect(new Set(byKind.values())).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 130]))
    const known = { input: 3, usage: 2, configuration: 4, conflict: 5, notFound: 5, provider: 6, storage: 7 }
    expect(Object.fromEntries(byKind)).toMatchObject({ ...known, checkFailed: 8, interrupted: 130, fault: 1 })
  })

  it('answers a request with a status of its kind and tells of faults nothing, and of the storage no path', () => {
    for (const code of codes) {
      const { status, body } = problemOf(new AppError(code, 'what is wrong'))
      expect(status, code).toBeGreaterThanOrEqual(400)
      expect(body.code).toBe(code)
      expect(body.detail === 'what is wrong', code).toBe(!['fault', 'storage'].includes(kindOf(code)))
    }
  })
})

describe('the codes in the source', () => {
  it('are all on the list', () => {
    const raised = [...elsewhere.matchAll(/new AppError\(\s*'([^']+)'/g)].map(([, code = '']) => code)
    expect(raised.length).toBeGreaterThan(80)
    expect(raised.filter((code) => !isErrorCode(code))).toEqual([])
  })
})
