// What a launch knows before the first message, for every kind of provider.
import { expect, it } from 'vitest'
import { foreknowledgeOf, type ToldBefore } from '../../src/domain/foreknowledge.ts'

const plain: ToldBefore = { needsSession: true, asksForSession: false, tellsTemplates: true, tellsApproval: true }
const text = { isTemplate: false, assumesSession: false, templateToldAt: null }
const template = { ...text, isTemplate: true }
const told = { ...template, templateToldAt: 1 }

it.each([
  ['a text at a provider that says nothing of sessions', plain, text, 'session_seen'],
  ['a text at one that is asked', { ...plain, asksForSession: true }, text, 'session_asked'],
  [
    'a text whose session is assumed',
    { ...plain, asksForSession: true },
    { ...text, assumesSession: true },
    'session_assumed',
  ],
  ['a text where no session is needed', { ...plain, needsSession: false }, text, 'nothing_open'],
  ['a template that was told', plain, told, 'template_told'],
  ['a template of which the values were told', { ...plain, tellsApproval: false }, told, 'template_values_told'],
  ['a template that nobody asked for', plain, template, 'template_not_asked'],
  [
    'a template where nothing tells',
    { ...plain, tellsTemplates: false, tellsApproval: false },
    template,
    'template_not_told',
  ],
] as const)('V12: knows of %s what can be known', (_, provider, asked, code) => {
  expect(foreknowledgeOf(provider, asked)).toBe(code)
})
