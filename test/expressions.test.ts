// Every regular expression of the source takes work that grows with the text at most, whoever wrote the text: a reading
// that takes the square of it stands still for minutes over the megabyte of a stranger. What is built while the program
// runs is built of constants, or by a file that is named here with all that it can build.
import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it, vi } from 'vitest'
import { listCountries } from '../src/domain/numbering-plan.ts'
import { excessOf } from './support/expression-work.ts'

const root = new URL('../src/', import.meta.url).pathname
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(?:tsx?|js)$/.test(path))

/** Files that build expressions of more than constants: what makes them build every one. */
const builders: Record<string, () => Promise<unknown>> = {
  'domain/numbering-plan.ts': async () => {
    const path = '../src/domain/numbering-plan.ts?anew'
    const { callingCodeOfCountry, judgeNumber } = (await import(
      path
    )) as typeof import('../src/domain/numbering-plan.ts')
    for (const country of listCountries()) judgeNumber(`${callingCodeOfCountry(country)}5550100`)
  },
  'domain/local-form.ts': async () => {
    const { parseDateForm, parseNumberForm } = await import('../src/domain/local-form.ts')
    for (const separator of './ -')
      for (const year of ['YYYY', 'YY'])
        for (const parts of [
          ['DD', 'MM', year],
          [year, 'MM', 'DD'],
        ])
          parseDateForm(parts.join(separator))
    for (const group of ['', '.', ',', "'", '’', ' ', '\u00a0', '\u202f'])
      for (const decimal of '.,') if (group !== decimal) parseNumberForm(`1${group}234${decimal}56`)
  },
}

interface Found {
  /** Path and line. */
  at: string
  expression: RegExp
}

interface Read {
  expressions: Found[]
  /** Expressions of something else than constants, and texts that JavaScript makes expressions of. */
  others: string[]
}

function expressionsIn(path: string, text: string): Read {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const read: Read = { expressions: [], others: [] }
  const visit = (node: ts.Node): void => {
    const at = `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      read.expressions.push({ at, expression: new RegExp(node.text.slice(1, end), node.text.slice(end + 1)) })
    }
    if (ts.isIdentifier(node) && node.text === 'RegExp' && !ts.isTypeReferenceNode(node.parent)) {
      const [source, flags] = ts.isNewExpression(node.parent) ? (node.parent.arguments ?? []) : []
      const constants = [source, flags].map((one) => (one === undefined ? '' : constantOf(one, file)))
      const [form, marks] = constants
      if (source === undefined || form === undefined || marks === undefined) read.others.push(at)
      else read.expressions.push({ at, expression: new RegExp(form, marks) })
    }
    if (isExpressionOfText(node)) read.others.push(at)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return read
}

/** The text of literals, and of constants of the same file; undefined for everything else. */
function constantOf(node: ts.Expression, file: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return node.text
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => {
      const text = constantOf(expression, file)
      return text === undefined ? undefined : text + literal.text
    })
    return parts.includes(undefined) ? undefined : node.head.text + parts.join('')
  }
  if (!ts.isIdentifier(node)) return undefined
  const declared = file.statements
    .filter(ts.isVariableStatement)
    .filter(({ declarationList }) => (declarationList.flags & ts.NodeFlags.Const) !== 0)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ name }) => ts.isIdentifier(name) && name.text === node.text)
  return declared?.initializer === undefined ? undefined : constantOf(declared.initializer, file)
}

/** `text.match('…')` reads its text as an expression. */
function isExpressionOfText(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false
  const [given] = node.arguments
  return (
    ['match', 'matchAll', 'search'].includes(node.expression.name.text) &&
    given !== undefined &&
    (ts.isStringLiteralLike(given) || ts.isTemplateExpression(given))
  )
}

function excesses(found: readonly Found[]): string[] {
  return found.flatMap(({ at, expression }) => {
    const excess = excessOf(expression)
    return excess === undefined ? [] : [`${at} ${expression} is ${excess}`]
  })
}

const reads = new Map(sources.map((path) => [path, expressionsIn(path, readFileSync(root + path, 'utf8'))]))

describe('F9: an expression', () => {
  it('F9: takes no more than linear work, wherever it is', () => {
    const found = [...reads.values()].flatMap(({ expressions }) => expressions)
    expect(found.length).toBeGreaterThan(400)
    expect(excesses(found)).toEqual([])
  })

  it('F9: is built of constants, or in a file that is named here', () => {
    const others = [...reads].filter(([, read]) => read.others.length > 0)
    expect(others.map(([path]) => path).sort()).toEqual(Object.keys(builders).sort())
  })

  it.each(Object.entries(builders))('F9: that %s builds takes no more than linear work', async (path, buildAll) => {
    const built: Found[] = []
    const Plain = RegExp
    vi.stubGlobal(
      'RegExp',
      class extends Plain {
        constructor(form: string | RegExp, flags?: string) {
          super(form, flags)
          built.push({ at: path, expression: new Plain(form, flags) })
        }
      },
    )
    try {
      await buildAll()
    } finally {
      vi.unstubAllGlobals()
    }
    expect(built.length).toBeGreaterThan(20)
    expect(excesses(built)).toEqual([])
  })
})

describe('the check of expressions', () => {
  const planted: [string, RegExp][] = [
    ['blanks at the end', /\s+$/],
    ['a begin that comes again', /\{\{\s*[^{}]+\s*\}\}/],
    ['all of a line', /, file:.*$/],
    ['one repetition behind another', /^\s*\S*\s*\S*x/],
    ['neighbours with a common character', /^[\w.]+[\w-]+@/],
    ['a repetition of a repetition', /^(?:a+)+$/],
    ['a choice of the same', /^(?:\w|\d)*$/],
    ['what may be left out within a repetition', /^(?:\d+,?)*$/],
    ['an empty round', /^(?:a?){30}b/],
    ['many rounds of many', /^(?:[a-z]{1,20}){1,20}$/],
    ['a glance ahead', /(?=\d+)x/],
    ['a glance back', /(?<=a\w*)b/],
    ['letters of any script', /\p{L}+\p{M}*!/u],
    ['either case', /^[a-z]+K+$/i],
    ['a group again', /^(a*)\1b/],
    ['lines', /^\s+#/m],
  ]

  it.each(planted)('F9: refuses %s', (_, expression) => {
    expect(excessOf(expression)).toMatch(/^(?:quadratic|exponential|looks behind)/)
  })

  it.each([
    /^\s+/,
    /\d+/g,
    /^[^@]+@[^@.]+\.[a-z]{2,20}$/,
    /^(?:a|b)*$/,
    /^(?:\d+,)*$/,
    /\{\{[^{}]+\}\}/g,
    /(\p{L})\1{2,}/gu,
    /^(?:[a-z]{2,8}-){0,3}\d+$/,
    /\s+$/y,
  ])('takes %s', (expression) => {
    expect(excessOf(expression)).toBeUndefined()
  })

  it('F9: finds an expression that is planted in a source, also one that is built', () => {
    const text = [
      'const end = "\\\\s+$"',
      `const a = new RegExp(\`x|\${end}\`)`,
      'const b = (t: string) => new RegExp(t)',
      '"x".match("y+$")',
    ].join('\n')
    const { expressions, others } = expressionsIn('planted.ts', text)
    expect(excesses(expressions)).toEqual([expect.stringContaining('planted.ts:2 /x|\\s+$/ is quadratic at least')])
    expect(others).toEqual(['planted.ts:3', 'planted.ts:4'])
  })
})
