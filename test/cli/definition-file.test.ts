// Campaign and sender files: what YAML may hold beyond plain values is refused in plain words, never overlooked.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readDefinitionFile } from '../../src/cli/definition-file.ts'

function read(text: string): unknown {
  const path = join(mkdtempSync(join(tmpdir(), 'herald-')), 'campaign.yaml')
  writeFileSync(path, text)
  return readDefinitionFile(path)
}

it.each<[string, string, string, RegExp]>([
  ['a tag of another program', 'credentials:\n  token: !env TOKEN\n', 'yaml.syntax', /:2:15: tags .* are not read/],
  ['bytes', 'name: !!binary aGVsbG8=\n', 'yaml.syntax', /:1:16: tags .* are not read/],
  ['a key that is a list', '? [1, 2]\n: x\n', 'yaml.syntax', /a key is a list/],
  ['a key that is there twice', 'name: x\nname: y\n', 'yaml.syntax', /:2:1: this key is there twice/],
  ['lists without end', `name: ${'['.repeat(20_000)}\n`, 'yaml.syntax', /nested too deeply/],
  ['a number without end', 'rate: 5\nlimit: .inf\n', 'yaml.syntax', /:2:8: \.inf is not a number with digits/],
  ['no number', 'rate: .NaN\n', 'yaml.syntax', /\.NaN is not a number/],
  ['a number too large for one', 'rate: 1e999\n', 'yaml.syntax', /1e999 is not a number/],
  ['a control character', 'name: a\ncontent: "h\\u0000i"\n', 'yaml.syntax', /:2:10: this text has a control character/],
  ['a bell', 'name: a\u0007b\n', 'yaml.syntax', /:1:7: this text has a control character/],
  ['half a character', 'name: "\\ud800"\n', 'yaml.syntax', /half a character/],
  ['a control character in a key', '"na\\u001bme": a\n', 'yaml.syntax', /:1:1: this text/],
  ['anchors', 'a: &a [x]\nname: [*a, *a]\n', 'yaml.alias', /anchors/],
])('a definition file with %s is refused', (_what, text, code, message) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
})

it('a definition file may name the plain type of a value', () => {
  expect(read('name: !!str 123\npriority: !!int 7\n')).toEqual({ name: '123', priority: 7 })
})
