// With which words people say that they want no more messages, and what a tap means.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainText, readSent, readTap, readText } from '../../src/domain/opt-out.ts'
import { optOutWords } from '../../src/domain/opt-out-words.ts'

const tap = (title: string | null, payload: string, isDeclared = false) => ({ title, payload, isDeclared })

describe('a text that asks for no more messages', () => {
  it.each([
    'STOP',
    'Stop!',
    'stop.',
    '  stop  ',
    '"STOP"',
    '🛑 stop',
    'ＳＴＯＰ',
    'STOPPPP',
    'stop stop stop',
    'Unsubscribe me',
    'Opt-out',
    'stop\u200b',
    '\u200fستوپ',
    'ستوپ',
    'إلغاء الاشتراك',
    'Abmelden!',
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
    expect(readText(text)).toBe('opt_out')
  })

  // Case 48: what vendors honour, and what the program of the first edition missed.
  it.each([
    'parar',
    'sair',
    'detener',
    'salir',
    'DETENER',
    'ARRET',
    'ARRÊT',
    'Pare',
    'No más',
    'Désabonnement',
    '중지',
    '수신거부합니다',
    'หยุด',
    'ยกเลิกครับ',
    'Dừng lại',
    'hủy',
    'Berhenti',
    'nyahlanggan',
    'ΔΙΑΚΟΠΗ',
    'Διαγραφή',
    'avsluta',
    'avmeld',
    'afmeld',
    'afmelden',
    'Lopeta',
    'Odhlásit',
    'Dezabonare',
    'leiratkozás',
    'wypisz',
    'відписатися',
    'بند کریں',
    'बंद करें',
    'বন্ধ',
    'நிறுத்து',
    'acha',
  ])('I4: is heard in %j, in the language of the footer (case 48)', (text) => {
    expect(readText(text)).toBe('opt_out')
    expect(readText(text.toUpperCase())).toBe('opt_out')
  })

  it.each([
    'Stop. Thank you',
    'please stop',
    'Stop, please 🙏',
    'stop sending me messages',
    'Please stop sending me messages!!',
    'no more messages please',
    "Don't text me again",
    'Please remove me from your list.',
    'Take me off this list',
    'I want to unsubscribe',
    'Bitte keine Werbung mehr, danke!',
    "S'il vous plaît, arrêtez",
    'Por favor, no me envíen más mensajes',
    'Não quero receber mais mensagens, obrigado',
    'per favore, basta',
    'Пожалуйста, не пишите мне больше',
    '请停止发送信息，谢谢',
    'もう送らないでください',
    '수신거부 해주세요',
    'tolong berhenti',
  ])('I4: is heard in %j, however politely it is said', (text) => {
    expect(readText(text)).toBe('opt_out')
  })

  it.each([
    'STOP Herald Shoes',
    'please do not stop the music',
    'not interested',
    'leave me alone!',
    'no gracias',
    'I liked the last one. But please do not send me any more messages, as I am moving abroad next week',
  ])('I4: may be %j, for a person to settle', (text) => {
    expect(readText(text)).toBe('probable_opt_out')
  })

  it.each([
    '',
    'stopwatch',
    'the end of the month',
    'cancel my appointment, please',
    'para mi hermana',
    'yes',
    'ok danke',
    '!!!',
    'constructor',
    '__proto__',
    `I waited at the old bus stop for an hour, then walked home along the river and the rain began to fall`,
  ])('is not heard in %j', (text) => {
    expect(readText(text)).toBe('other')
  })

  it('is heard whatever case and punctuation surround it', () => {
    const mark = fc.constantFrom('', ' ', '.', '!', '…', '«', '"', '\u200e', '🙏')
    const word = fc.constantFrom('stop', 'unsubscribe', 'abmelden', 'стоп')
    fc.assert(
      fc.property(word, mark, mark, fc.boolean(), (one, a, b, isUpper) => {
        expect(readText(`${a}${isUpper ? one.toUpperCase() : one}${b}`)).toBe('opt_out')
      }),
    )
  })

  it.each(Object.entries(optOutWords))('has words, politeness and a way back in %s', (_, words) => {
    expect(plainText(words.stop)).not.toBe('')
    expect(plainText(words.polite)).not.toBe('')
    const first = /^[^,[(]+/.exec(words.start)?.[0] ?? ''
    expect(readText(first)).toBe('opt_in')
  })

  it('may be written in words of the installation, alone or politely', () => {
    const own = { words: ['Keine Blumen mehr'], payloads: [] }
    expect(readText('KEINE BLUMEN MEHR!', own)).toBe('opt_out')
    expect(readText('bitte keine Blumen mehr', own)).toBe('opt_out')
    expect(readText('Keine Blumen mehr')).toBe('other')
  })
})

it.each(['START', 'start please', 'Unstop', 'subscribe', 'volver', 'Alta', 'anmelden', '订阅'])(
  'a text such as %j asks for messages again (case 54)',
  (text) => {
    expect(readText(text)).toBe('opt_in')
  },
)

it.each([
  'S.T.O.P',
  's t o p',
  's-t-o-p please',
  'st op',
  'ѕtop',
  'ЅТОР',
  'cтoп',
  'sτορ',
  'st0p',
  '$TOP',
  'ꜱᴛᴏᴘ',
  '🆂🆃🅾🅿',
  'TD',
  't.d.',
  '🛑',
  '✋🏽',
  '⛔️⛔️',
  '🚫!',
  '👎🏿',
  '🛑 🙏',
])('I4: %j may be an opt-out, for a person to settle', (text) => {
  expect(readText(text)).toBe('probable_opt_out')
})

it.each(['👍', '🙏', '❤️', 'so nice 👎 weather', '505', 'I w a i t', 'спасибо, всё хорошо', 'нет'])(
  'I4: %j stops nothing and asks nobody',
  (text) => {
    expect(readText(text)).toBe('other')
  },
)

it.each(['start sending again', 'Please start sending me messages again', 'resume messages', 'send me offers again'])(
  'I4: %j asks for messages again, as START does',
  (text) => {
    expect(readText(text)).toBe('opt_in')
  },
)

it('I4: a caption is read like a text; reactions, forms, places and contact cards are never certain', () => {
  for (const kind of ['text', 'image', 'video', 'document', 'order'] as const)
    expect(readSent(kind, 'STOP')).toBe('opt_out')
  for (const kind of ['reaction', 'form', 'location', 'contacts'] as const) {
    expect(readSent(kind, 'STOP')).toBe('probable_opt_out')
    expect(readSent(kind, 'START')).toBe('other')
  }
  expect(readSent('reaction', '👎')).toBe('probable_opt_out')
  expect(readSent('reaction', '❤️')).toBe('other')
})

describe('a tap', () => {
  it('I5: on a button of ours means what its payload says, whatever its label (case 51)', () => {
    expect(readTap(tap('Cancel', 'appt:42:cancel'))).toBe('other')
    expect(readTap(tap('Cancel', 'Cancel'))).toBe('other')
    expect(readTap(tap('End', 'end'))).toBe('other')
    expect(readTap(tap('Yes', 'stop'))).toBe('other')
  })

  it('I5: is an opt-out where the button was declared one, or its payload says so', () => {
    expect(readTap(tap('Enough', 'p-17', true))).toBe('opt_out')
    expect(readTap(tap('Enough', 'p-17', false))).toBe('other')
    expect(readTap(tap('Not for me', 'optout:spring'))).toBe('opt_out')
    expect(readTap(tap('Not for me', 'OPT_OUT'))).toBe('opt_out')
    expect(readTap(tap('Not for me', 'p-17'), { words: [], payloads: ['p-17'] })).toBe('opt_out')
  })

  it.each(['Stop promotions', 'Parar promoções', 'Detener promociones', 'Arrêter les promotions', 'إيقاف العروض'])(
    'I5: on WhatsApp’s own button %j, which carries nothing but its label, is an opt-out',
    (label) => {
      expect(readTap(tap(label, label))).toBe('opt_out')
      expect(readTap(tap(null, label))).toBe('opt_out')
    },
  )

  it('I5: on a label that says stop, with a payload that says something else, is for a person to settle', () => {
    expect(readTap(tap('Stop', 'p-17'))).toBe('probable_opt_out')
    expect(readTap(tap('STOP!', 'p-17', false))).toBe('probable_opt_out')
  })
})
