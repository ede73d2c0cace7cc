// Who must not be messaged, and the words with which people say so.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStopWord, stops, useCases } from '../../src/domain/suppression.ts'

describe('a suppression', () => {
  it('of all stops everything, one of marketing stops marketing', () => {
    expect(useCases.map((useCase) => stops('all', useCase))).toEqual([true, true, true, true])
    expect(useCases.map((useCase) => stops('marketing', useCase))).toEqual([true, false, false, false])
  })
})

describe('a stop word', () => {
  it.each([
    'STOP',
    'Stop!',
    'stop.',
    '  stop  ',
    '"STOP"',
    '🛑 stop',
    'ＳＴＯＰ',
    'Unsubscribe me',
    'Opt-out',
    'stop\u200b',
    '\u200fستوپ',
    'ستوپ',
    'إلغاء الاشتراك',
    'Abmelden!',
    'ARRÊT',
    'СТОП',
    'הסר',
    '停止',
    '退订',
    'İptal',
    'IPTAL',
    'DUR',
    'ABONELİKTEN ÇIK',
    'Abonelikten çık!',
  ])('is heard in %j', (text) => {
    expect(isStopWord(text)).toBe(true)
  })

  it.each([
    '',
    'please do not stop the music',
    'I will stop by tomorrow',
    'bus stop',
    'stopwatch',
    'the end of the month',
    'yes',
    '!!!',
    'constructor',
    `stop${' '.repeat(300)}`,
  ])('is not heard in %j', (text) => {
    expect(isStopWord(text)).toBe(false)
  })

  it('is heard whatever case and punctuation surround it', () => {
    const mark = fc.constantFrom('', ' ', '.', '!', '…', '«', '"', '\u200e', '🙏')
    fc.assert(
      fc.property(
        fc.constantFrom('stop', 'unsubscribe', 'abmelden', 'стоп'),
        mark,
        mark,
        fc.boolean(),
        (word, a, b, upper) => {
          expect(isStopWord(`${a}${upper ? word.toUpperCase() : word}${b}`)).toBe(true)
        },
      ),
    )
  })
})
