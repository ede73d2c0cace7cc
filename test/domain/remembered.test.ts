// A reading that remembers: each text once, within bounds, and never a mistake.
import { expect, it } from 'vitest'
import { remembered } from '../../src/domain/remembered.ts'

it('a text is read once, a long one each time, and all anew when it is full', () => {
  const read: string[] = []
  const of = remembered((text) => read.push(text), { most: 2, longest: 3 })
  for (const text of ['a', 'a', 'long', 'long', 'b', 'a', 'c', 'a']) of(text)
  expect(read).toEqual(['a', 'long', 'long', 'b', 'c', 'a'])
})

it('what is refused is refused each time', () => {
  const refuse = remembered(
    () => {
      throw new Error('no')
    },
    { most: 2, longest: 3 },
  )
  expect(() => refuse('a')).toThrow('no')
  expect(() => refuse('a')).toThrow('no')
})
