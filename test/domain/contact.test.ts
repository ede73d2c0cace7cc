// Columns of a file: what they are called, what they most likely are, and what a cell may hold.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellProblem, FIELD_BYTES_MAX, guessField } from '../../src/domain/contact.ts'
import { fieldName } from '../../src/domain/name.ts'
import { resemblesPhone } from '../../src/domain/phone-columns.ts'

describe('the name of a field', () => {
  it.each([
    ['First Name', 'first_name'],
    ['  FIRST-NAME  ', 'first_name'],
    ['first   name', 'first_name'],
    ['Größe', 'größe'],
    ['Cafe\u0301', 'café'],
    ['a - b', 'a_b'],
    ['phone', 'phone'],
  ])('of the column %j is %j', (column, name) => {
    expect(fieldName(column)).toBe(name)
  })

  it('is its own name', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aZ -_İßé\u0301\u00a0名 '), maxLength: 12 }), (column) => {
        const name = fieldName(fieldName(column))
        expect(fieldName(name)).toBe(name)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a column', () => {
  it.each([
    ['Phone', 'phone'],
    ['Mobile Number', 'phone'],
    ['WhatsApp', 'phone'],
    ['Handynummer', 'phone'],
    ['Teléfono', 'phone'],
    ['телефон', 'phone'],
    ['手机号', 'phone'],
    ['Time Zone', 'zone'],
    ['tz', 'zone'],
    ['Opt-In', 'consent'],
    ['Einwilligung', 'consent'],
    ['name', undefined],
    ['phone 2', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('%j is taken for %j', (column, field) => {
    expect(guessField(column)).toBe(field)
  })

  it.each([
    ...[
      'Mobiltelefon',
      'Téléphone portable',
      'Móvil',
      'MOVIL',
      'Mobiel nummer',
      'Cep Telefonu',
      'GSM No',
      'Telefon komórkowy',
    ],
    ...[
      'wa_id',
      'Mobile Phone Number',
      'Cell.',
      'Tel.',
      'Tél.',
      'Telefon (mobil)',
      'N° de téléphone',
      'Teléfono-móvil',
    ],
    ...['رقم الجوال', 'الجوّال', 'Мобильный телефон', '携帯電話', '휴대폰', 'Số điện thoại', 'Handy-Nr.', 'Κινητό'],
  ])('I12: %j is one for phones', (column) => {
    expect(guessField(column)).toBe('phone')
  })

  it('I12: is offered for no phones when it only sounds like one', () => {
    expect(['Phonetischer Vorname', 'Phonetic First Name', 'Nom phonétique'].map(resemblesPhone)).toEqual([
      false,
      false,
      false,
    ])
  })

  it('is offered for phones when its name resembles one', () => {
    expect(['phone 2', 'home phone', 'mobil?', 'whatsapp-id', 'mob'].map(resemblesPhone)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
    expect(['name', 'te', '', 'city'].map(resemblesPhone)).toEqual([false, false, false, false])
  })
})

describe('a cell', () => {
  it.each([
    ['bad input 18: with a NUL', 'a\u0000b', 'field.control_character'],
    ['with an escape', '\u001b]0;x\u0007', 'field.control_character'],
    ['with a delete', 'a\u007f', 'field.control_character'],
    ['bad input 27: of two megabytes', 'a'.repeat(2 * 1024 * 1024), 'field.too_long'],
    ['of 64 KiB and a byte', 'a'.repeat(FIELD_BYTES_MAX + 1), 'field.too_long'],
    ['of too many bytes in few characters', '字'.repeat(FIELD_BYTES_MAX / 3 + 1), 'field.too_long'],
    ['bad input 39: with 500 combining marks', `a${'\u0301'.repeat(500)}`, 'field.invalid_unicode'],
    ['bad input 39: with a lonely first surrogate', 'a\ud83d', 'field.invalid_unicode'],
    ['bad input 39: with a lonely second surrogate', '\ude00a', 'field.invalid_unicode'],
  ])('%s is refused', (_name, cell, code) => {
    expect(cellProblem(cell)).toBe(code)
  })

  it.each([
    ['nothing', ''],
    ['line breaks and tabs', 'a\r\nb\tc'],
    ['64 KiB', 'a'.repeat(FIELD_BYTES_MAX)],
    ['emoji', '👩‍👩‍👧 1️⃣'],
    ['32 combining marks', `a${'\u0301'.repeat(32)}`],
    ['many marks on many letters', 'a\u0301'.repeat(100)],
    ['bad input 39: a direction override', 'evil\u202etxt.exe'],
    ['bad input 39: zero-width characters', 'a\u200bb'],
    ['bad input 37: markup', '"><img src=x onerror=alert(1)>'],
    ['bad input 38: placeholders', '{{ contact.phone }}'],
  ])('may hold %s', (_name, cell) => {
    expect(cellProblem(cell)).toBeUndefined()
  })

  it('is refused exactly when it is no text that every encoding can carry', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', 'é'), maxLength: 8 }), (cell) => {
        expect(cellProblem(cell) === undefined).toBe(Buffer.from(cell).toString() === cell)
      }),
      { numRuns: 200 },
    )
  })
})
