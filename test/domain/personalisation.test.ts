// Texts with fields: what people store is data and never runs, and nothing beyond their fields can be reached.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBlankText } from '../../src/domain/blank-text.ts'
import { AppError } from '../../src/domain/errors.ts'
import {
  compileText,
  filterNames,
  missingFields,
  unknownField,
  type Variables,
} from '../../src/domain/personalisation.ts'

const ada: Variables = { name: 'Ada', city: 'London', street: '' }

function render(source: string, variables: Variables = ada): string {
  return compileText(source).render(variables)
}

/** The text that comes out, or the code of the refusal. Anything else that is thrown fails the test. */
function outcome(source: string, variables: Variables = ada): string {
  try {
    return render(source, variables)
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

describe('a text', () => {
  it.each([
    ['Hello {{ name }}!', 'Hello Ada!'],
    ['{{name}} in {{ city | upcase }}', 'Ada in LONDON'],
    ['{{ nobody }}', ''],
    ['{{ nobody | default: "friend" }}', 'friend'],
    ['{{ street | default: name }}', 'Ada'],
    ['{{ name | append: "!" | prepend: "Dear " }}', 'Dear Ada!'],
    ['{{ name | slice: 0, 2 }}', 'Ad'],
    ['{{ name | default: "}}" }}', 'Ada'],
    ['{{- name -}}  ', 'Ada'],
    ['no fields, 100 % }} literal', 'no fields, 100 % }} literal'],
    ['', ''],
  ])('%j becomes %j', (source, text) => {
    expect(render(source)).toBe(text)
  })

  it('names its fields, and which of them need a value', () => {
    const { fields } = compileText(
      '{{ a }} {{ b | default: "x" }} {{ c | default: d }} {{ e | append: f }} {{ b }} {{ (1..g) }}',
    )
    expect(fields).toEqual([
      { field: 'a', isRequired: true },
      { field: 'b', isRequired: true },
      { field: 'c', isRequired: false },
      { field: 'd', isRequired: false },
      { field: 'e', isRequired: true },
      { field: 'f', isRequired: false },
      { field: 'g', isRequired: true },
    ])
  })

  it('misses the required fields that a person has not', () => {
    const { fields } = compileText('{{ name }} {{ street }} {{ nobody }} {{ other | default: "x" }}')
    expect(missingFields(fields, ada)).toEqual(['street', 'nobody'])
  })

  it('misses a field that is called like something every object inherits', () => {
    const { fields } = compileText('{{ constructor }} {{ toString }} {{ __proto__ }}')
    expect(missingFields(fields, {})).toEqual(['constructor', 'tostring', '__proto__'])
    expect(missingFields(fields, { constructor: 'Bob', tostring: 'Rob' } as unknown as Variables)).toEqual([
      '__proto__',
    ])
  })

  it('has the filters that change text and numbers and no others', () => {
    for (const name of filterNames) expect(compileText(`{{ name | ${name}: "1" }}`).fields).toHaveLength(1)
    for (const name of [
      'date',
      'json',
      'map',
      'where',
      'split',
      'sort',
      'raw',
      'inspect',
      'shell',
      'constructor',
      '__proto__',
    ])
      expect(outcome(`{{ name | ${name} }}`)).toBe('template.syntax')
  })

  it.each([
    ['{{ name', 'line:1'],
    ['Hi {{ name }', 'line:1'],
    ['a\nb {{ }}', 'line:2'],
    ['{% for x in y %}', 'tag "for" not found'],
    ['{% if name %}x{% endif %}', 'tag "if" not found'],
    ['{{ name | nosuch }}', 'undefined filter: nosuch'],
  ])('of bad input 82 is refused with its place: %j', (source, reason) => {
    expect(() => compileText(source)).toThrow(
      expect.objectContaining({ code: 'template.syntax', message: expect.stringContaining(reason) }),
    )
  })

  it('names the field that was meant', () => {
    const error = unknownField('frist_name', ['phone', 'first_name'])
    expect(error).toMatchObject({ code: 'template.unknown_field', hint: 'Did you mean "first_name"?' })
    expect(unknownField('zzz', ['phone']).hint).toBe('Use the name of an imported column.')
  })
})

/** Payloads that calculate, read files or run commands in the engines that they are written for. */
const payloads = {
  'a spreadsheet': ['=1+1', '@SUM(1+1)*cmd'],
  ERB: ['<%= 7*7 %>', '<%= `id` %>', '<%= File.open("/etc/passwd").read %>'],
  EJS: ["<%- global.process.mainModule.require('child_process').execSync('id') %>"],
  FreeMarker: [`\${7*7}`, `<#assign ex="freemarker.template.utility.Execute"?new()>\${ex("id")}`, '[=7*7]'],
  Velocity: ['#set($x=7*7)$x', '$class.inspect("java.lang.Runtime").type.getRuntime().exec("id")'],
  Thymeleaf: [`[[\${7*7}]]`, `__\${T(java.lang.Runtime).getRuntime().exec("id")}__::.x`, '*{7*7}'],
  Razor: ['@(7*7)', '@{System.Diagnostics.Process.Start("id");}'],
  Smarty: ['{php}echo `id`;{/php}', "{system('id')}", '{7*7}', '{$smarty.version}'],
  Mako: [`<% import os %>\${os.popen("id").read()}`, `\${7*7}`],
  Slim: ['#{7*7}', '#{`id`}'],
  doT: ['{{=7*7}}', "{{= global.process.mainModule.require('child_process').execSync('id') }}"],
  Jinja2: [
    '{{7*7}}',
    "{{7*'7'}}",
    '{{ config.items() }}',
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}",
    '{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}',
    "{{ request['application']['__globals__'] }}",
  ],
  Twig: [
    "{{_self.env.registerUndefinedFilterCallback('exec')}}{{_self.env.getFilter('id')}}",
    "{{['id']|filter('system')}}",
    "{{ '/etc/passwd'|file_excerpt(1,30) }}",
    '{{ dump(app) }}',
  ],
  Handlebars: [
    '{{#with "s" as |string|}}{{#with string.sub.constructor}}{{this}}{{/with}}{{/with}}',
    '{{constructor.constructor "return 1"}}',
    '{{lookup this "constructor"}}',
    '{{> partial}}',
    '{{{ name.constructor }}}',
  ],
  Nunjucks: [
    "{{ range.constructor('return global.process.mainModule')() }}",
    '{% set x = cycler.constructor %}',
    "{{ ''.constructor.constructor('return process')() }}",
  ],
  Pug: ['#{function(){return global.process}()}', '- var x = root.process'],
  Liquid: [
    '{% include "/etc/passwd" %}',
    "{% render '../../etc/passwd' %}",
    '{% layout "/etc/passwd" %}',
    '{% assign x = "a" %}{{ x }}',
    '{% capture x %}a{% endcapture %}',
    '{% raw %}{{ name }}{% endraw %}',
    '{% tablerow i in (1..9) %}x{% endtablerow %}',
    '{% liquid assign x = 1 %}',
    '{{ process.env }}',
    "{{ constructor.constructor('return process')() }}",
    '{{ name.constructor }}',
    '{{ name["__proto__"] }}',
    '{{ name[name] }}',
    '{{ (1..100000000) }}',
    '{{ name | where_exp: "x", "y" }}',
    '{{ name | sort_natural: "constructor" }}',
  ],
}

describe('a payload', () => {
  const listed = Object.entries(payloads).flatMap(([engine, all]) => all.map((payload) => [engine, payload] as const))

  it.each(listed)('for %s comes out as it is, as nothing, or not at all: %j', (_engine, payload) => {
    expect([payload, '', 'template.syntax', 'template.unknown_field', 'template.value_not_allowed', 'false']).toContain(
      outcome(payload),
    )
  })

  it.each(listed)('for %s that stands in a field comes out as it is: %j', (_engine, payload) => {
    expect(render('<{{ name }}>', { name: payload })).toBe(`<${payload}>`)
    expect(render('{{ nobody | default: name }}', { name: payload })).toBe(payload)
    expect(render('{{ name | append: name }}', { name: payload })).toBe(payload + payload)
    expect(render('{{ x | replace: "x", name }}', { x: 'x', name: payload })).toBe(payload)
  })

  it('A-05 SR-34 reaches no prototype by any name', () => {
    const names = Reflect.ownKeys(Object.prototype).concat(Reflect.ownKeys(String.prototype)).map(String)
    for (const name of names) {
      if (!/^[a-zA-Z_]\w*$/.test(name)) continue
      expect([name, render(`{{ ${name} }}`)]).toEqual([name, ''])
      expect([name, outcome(`{{ name.${name} }}`)]).toEqual([name, 'template.unknown_field'])
      expect([name, outcome(`{{ name["${name}"] }}`)]).toEqual([name, 'template.unknown_field'])
    }
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('A-20 reads a field of a dangerous name as the data that it is', () => {
    const own = JSON.parse('{"__proto__":"a","constructor":"b"}') as Variables
    expect(render('{{ __proto__ }}{{ constructor }}', own)).toBe('ab')
  })
})

describe('what a field holds', () => {
  const braces = fc.string({
    unit: fc.constantFrom('{{', '}}', '{%', '%}', ' name ', '|', ' upcase', '"', '7*7', '$', 'é', '\n'),
  })
  const value = fc.oneof(braces, fc.string({ unit: 'binary' }))

  it('SR-35 is never rendered again', () => {
    // What shows nothing is missing.
    const visible = value.map((text) => (isBlankText(text) ? '' : text))
    fc.assert(
      fc.property(visible, visible, (a, b) => {
        expect(render('1{{ a }}2{{ b }}3{{ a | append: b }}4', { a, b })).toBe(`1${a}2${b}3${a}${b}4`)
      }),
      { numRuns: 1000 },
    )
  })

  it('makes text or a refusal with every filter, whatever it is', () => {
    const piped = fc.tuple(
      fc.constantFrom(...filterNames),
      fc.constantFrom('', ': b', ': "2"', ': 0', ': -1', ': b, a', ': 1, 2'),
    )
    const filters = fc
      .array(piped, { maxLength: 4 })
      .map((all) => all.map(([name, rest]) => ` | ${name}${rest}`).join(''))
    const number = fc.constantFrom('0', '-1', '1e400', '99999999999999999999', 'NaN', '')
    fc.assert(
      fc.property(fc.oneof(value, number), fc.oneof(value, number), filters, (a, b, chain) => {
        const text = outcome(`{{ a${chain} }}`, { a, b })
        expect(typeof text).toBe('string')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('every text', () => {
  it('is rendered or refused, whatever is written', () => {
    const part = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      '{',
      '}',
      ' name',
      ' | ',
      'upcase',
      ': ',
      '"',
      "'",
      '(',
      '..',
      ')',
      '[',
      ']',
      '.',
      ',',
      ' and ',
      '-',
      '7',
      '\n',
      'é',
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 25 }).map((parts) => parts.join('')),
        (source) => {
          expect(typeof outcome(source)).toBe('string')
        },
      ),
      { numRuns: 1500 },
    )
  })

  it.each([
    ['plain text', 'a'.repeat(60_000)],
    ['one field and plain text', `{{ name }}${'b'.repeat(60_000)}`],
    ['fields', '{{ name }}'.repeat(6_000)],
    ['open braces', '{{'.repeat(30_000)],
    ['open tags', `{{ name }}${'{% '.repeat(20_000)}`],
    ['open quotes', '{{ "'.repeat(15_000)],
    ['filters', `{{ name ${'| upcase '.repeat(6_600)}}}`],
    ['brackets', `{{ name ${'['.repeat(59_000)}}}`],
    ['parentheses', `{{ ${'('.repeat(59_000)}}}`],
    ['a path', `{{ ${'a.'.repeat(29_000)}a }}`],
    ['operators', `{{ ${'a and '.repeat(9_900)}a }}`],
    ['escapes', `{{ name | default: "${'\\"'.repeat(29_000)}" }}`],
    ['spaces', `{{${' '.repeat(59_000)}}}`],
  ])('of 60,000 characters is read in a moment: %s', (_what, source) => {
    expect(typeof outcome(source)).toBe('string')
  })

  it('of more than 70,000 characters with fields is refused', () => {
    expect(outcome(`{{ name }}${'x'.repeat(70_000)}`)).toBe('message.too_long')
    expect(outcome('x'.repeat(10_000_000))).toHaveLength(10_000_000)
  })

  it('that becomes longer than 10,000 characters is refused', () => {
    expect(render('{{ a }}', { a: 'x'.repeat(10_000) })).toHaveLength(10_000)
    expect(outcome('{{ a }}', { a: 'x'.repeat(10_001) })).toBe('message.too_long')
  })

  it.each([
    ['{{ a | replace: "x", a }}', 'x'.repeat(65_536)],
    [`{{ a${' | replace: "x", "xxxxxxxxxx"'.repeat(12)} }}`, 'x'],
    [`{{ a${' | append: a'.repeat(3000)} }}`, 'x'.repeat(65_536)],
    ['{{ (1..a) }}', '99999999999'],
    ['{{ a | url_encode }}', '\ud800'],
    ['{{ a | append }}', 'x'],
  ])('that cannot be rendered for one person is refused: %.40s', (source, a) => {
    expect(outcome(source, { a })).toBe('template.value_not_allowed')
  })
})
