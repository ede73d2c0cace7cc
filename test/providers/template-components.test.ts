// Definitions in Meta's form, read into the places that take values.
import { expect, it } from 'vitest'
import { templateShapeOf, templateStatusOf, templateTextOf } from '../../src/providers/template-components.ts'

const url = (address: string) => ({ type: 'URL', text: 'Shop', url: address })

it('reads header, body and buttons with the places that take values', () => {
  const components = [
    { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['4:aGFuZGxl'] } },
    { type: 'BODY', text: 'Hi {{ first_name }}, {{discount}} off, {{first_name}}!' },
    { type: 'FOOTER', text: 'Example Ltd' },
    {
      type: 'BUTTONS',
      buttons: [
        url('https://example.test/s/{{1}}'),
        url('https://example.test'),
        { type: 'QUICK_REPLY', text: 'Stop' },
        { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550100001' },
        { type: 'COPY_CODE', example: 'SPRING20' },
        { type: 'OTP', otp_type: 'COPY_CODE' },
      ],
    },
  ]
  expect(templateTextOf(components)).toEqual({
    header: { type: 'image', text: null },
    body: 'Hi {{ first_name }}, {{discount}} off, {{first_name}}!',
    footer: 'Example Ltd',
    buttons: [
      { index: 0, title: 'Shop', url: 'https://example.test/s/{{1}}' },
      { index: 1, title: 'Shop', url: 'https://example.test' },
      { index: 2, title: 'Stop', url: null },
      { index: 3, title: 'Call', url: null },
      { index: 4, title: 'Copy code', url: null },
      { index: 5, title: 'Copy code', url: null },
    ],
    cards: [],
  })
  expect(templateShapeOf(components)).toEqual({
    header: { type: 'image', values: [] },
    body: ['first_name', 'discount'],
    isNamed: true,
    buttons: [
      { index: 0, type: 'url', takesValue: true },
      { index: 1, type: 'url', takesValue: false },
      { index: 2, type: 'quickReply', takesValue: true },
      { index: 3, type: 'other', takesValue: false },
      { index: 4, type: 'copyCode', takesValue: true },
      { index: 5, type: 'url', takesValue: true },
    ],
    cards: [],
  })
})

it('counts numbered values once and by size', () => {
  const shape = templateShapeOf([{ type: 'BODY', text: '{{10}} {{2}} {{1}} {{2}}' }])
  expect(shape).toMatchObject({ body: ['1', '2', '10'], isNamed: false, header: null })
})

it('reads a text header with and without a value', () => {
  const header = (text: string) => templateShapeOf([{ type: 'header', format: 'text', text }])?.header
  expect(header('News')).toEqual({ type: 'text', values: [] })
  expect(templateTextOf([{ type: 'header', text: 'News' }])?.header).toEqual({ type: 'text', text: 'News' })
  expect(header('News for {{1}}')).toEqual({ type: 'text', values: ['1'] })
  expect(header('News for {{name}}')).toEqual({ type: 'text', values: ['name'] })
})

it('reads cards, and the code of an authentication template', () => {
  const card = {
    components: [
      { type: 'HEADER', format: 'VIDEO' },
      { type: 'BUTTONS', buttons: [url('https://x.test/{{1}}')] },
    ],
  }
  const carousel = [
    { type: 'BODY', text: 'Hi {{1}}' },
    { type: 'CAROUSEL', cards: [card, card] },
  ]
  expect(templateShapeOf(carousel)?.cards).toHaveLength(2)
  expect(templateShapeOf(carousel)?.cards[0]).toMatchObject({
    header: { type: 'video' },
    buttons: [{ index: 0, type: 'url', takesValue: true }],
  })
  expect(templateTextOf(carousel)?.cards[1]).toMatchObject({
    header: { type: 'video', text: null },
    body: null,
    buttons: [{ url: 'https://x.test/{{1}}' }],
  })
  const code = [{ type: 'BODY', add_security_recommendation: true }]
  expect(templateShapeOf(code)?.body).toEqual(['1'])
  expect(templateTextOf(code)?.body).toBeNull()
})

it('takes nonsense for no values, and no definition for nothing known', () => {
  expect(templateShapeOf([null, 7, { type: 'BODY', text: 7 }, { type: 'BUTTONS', buttons: [null] }])).toMatchObject({
    header: null,
    cards: [],
  })
  expect(templateTextOf([null, 7, { type: 'BODY' }, { type: 'BUTTONS', buttons: [null] }])).toEqual({
    header: null,
    body: null,
    footer: null,
    buttons: [{ index: 0, title: '', url: null }],
    cards: [],
  })
  for (const nothing of [undefined, null, [], {}, 'x']) {
    expect(templateShapeOf(nothing)).toBeNull()
    expect(templateTextOf(nothing)).toBeNull()
  }
})

it('knows the words for the state of a template, in any case', () => {
  expect(['APPROVED', 'approved', 'Paused', 'REJECTED', 'nonsense', 7].map(templateStatusOf)).toEqual([
    'approved',
    'approved',
    'paused',
    'rejected',
    'unknown',
    'unknown',
  ])
})
