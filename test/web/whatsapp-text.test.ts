// Text as WhatsApp shows it: what becomes bold, and what stays as it was written.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseWhatsappText, type TextPart } from '../../src/web/whatsapp-text.ts'

/** A short way to write a tree: b(…) for bold and so on. */
function shown(parts: TextPart[]): string {
  return parts
    .map((part) => {
      if ('parts' in part) return `${part.kind}(${shown(part.parts)})`
      return part.kind === 'text' ? part.text : `${part.kind}(${part.text})`
    })
    .join('')
}

const show = (text: string) => shown(parseWhatsappText(text))

describe('the text of a chat', () => {
  it.each([
    ['*b* _i_ ~s~', 'bold(b) italic(i) struck(s)'],
    ['*both _of_ them*', 'bold(both italic(of) them)'],
    ['`x` and ```y\nz```', 'code(x) and code(y\nz)'],
    ['```*not bold*```', 'code(*not bold*)'],
    ['(*b*), *c*!', '(bold(b)), bold(c)!'],
  ])('shows %j as emphasis', (text, tree) => {
    expect(show(text)).toBe(tree)
  })

  it.each(['* b*', '*b *', 'a*b*', '*b*c', '**', '*open', '*over\nlines*', '2*3*4', 'snake_case_name', '``````'])(
    'leaves %j as it was written',
    (text) => {
      expect(show(text)).toBe(text)
    },
  )

  it('takes links out of emphasis and without the full stop behind them', () => {
    expect(show('See https://example.com/a_b_c.')).toBe('See link(https://example.com/a_b_c).')
    expect(show('javascript:alert(1)')).toBe('javascript:alert(1)')
  })

  it('SR-40 loses nothing of what was written, and makes no markup of it', () => {
    const text = (parts: TextPart[]): string =>
      parts.map((part) => ('text' in part ? part.text : text(part.parts))).join('')
    const marks = /[*_~`]/g
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('*', '_', '~', '`', 'a', ' ', '\n', '<b>', '&') }), (written) => {
        expect(text(parseWhatsappText(written)).replace(marks, '')).toBe(written.replace(marks, ''))
      }),
    )
  })

  it('SR-37 reads a hostile text in a moment', () => {
    for (const part of ['*', '_a', '`', '```', '*a ', 'https://'])
      expect(show(part.repeat(10_000 / part.length)).length).toBeGreaterThan(1_000)
  })
})
