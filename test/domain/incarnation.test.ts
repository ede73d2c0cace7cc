// Whether a file is the one used last, by what it says and what is kept beside it.
import { describe, expect, it } from 'vitest'
import { type BesideFacts, decideHold, type FileFacts } from '../../src/domain/incarnation.ts'

const file: FileFacts = {
  installation: 'abc12345',
  incarnation: { life: 'one', number: 7 },
  isCopy: false,
  newestAttempt: 40,
}
const beside = { installation: 'abc12345', life: 'one', next: null, number: 7, path: '/data/herald.db' }
const around: BesideFacts = { beside, newestCall: 40, isAlsoThere: false, isShared: false }

describe('H6: a file', () => {
  it.each<[string, Partial<FileFacts>, Partial<BesideFacts>]>([
    ['whose note fits', {}, {}],
    ['that is ahead of a note that was lost', { incarnation: { life: 'one', number: 9 } }, {}],
    [
      'that began a life that its note announced',
      { incarnation: { life: 'two', number: 8 } },
      { beside: { ...beside, next: 'two' } },
    ],
    ['that died before the life that was announced', {}, { beside: { ...beside, next: 'two' } }],
    [
      'that no program has used yet',
      { incarnation: undefined, newestAttempt: 0 },
      { beside: undefined, newestCall: 0 },
    ],
    ['that is new, beside the folder of a deleted one', { incarnation: undefined, installation: 'new00000' }, {}],
    [
      'that died before its first life',
      { incarnation: undefined },
      { beside: { ...beside, life: null, next: 'one', number: 0 } },
    ],
    ['that another machine made, and this one has no note of', {}, { beside: undefined, isShared: true }],
    ['that another machine has unlocked', { incarnation: { life: 'two', number: 9 } }, { isShared: true }],
  ])('sends: %s', (_name, inFile, inFolder) => {
    expect(decideHold({ ...file, ...inFile }, { ...around, ...inFolder })).toBeUndefined()
  })

  it.each<[string, string, Partial<FileFacts>, Partial<BesideFacts>]>([
    ['a backup', 'copy', { isCopy: true }, {}],
    ['an older state', 'older', { incarnation: { life: 'one', number: 6 } }, {}],
    ['a state from before the guard', 'older', { incarnation: undefined }, {}],
    ['another life', 'older', { incarnation: { life: 'zero', number: 99 } }, {}],
    [
      'another life beside an announced one',
      'older',
      { incarnation: { life: 'zero', number: 99 } },
      { beside: { ...beside, next: 'two' } },
    ],
    ['a state that knows fewer calls than were made', 'older', { newestAttempt: 39 }, {}],
    ['a file beside the folder of another one', 'other', { installation: 'other000' }, {}],
    ['a shared one that is behind', 'older', { incarnation: { life: 'one', number: 6 } }, { isShared: true }],
    ['a shared one that knows fewer calls', 'older', { newestAttempt: 39 }, { isShared: true }],
    ['a file without its folder', 'no_folder', {}, { beside: undefined }],
    ['a copy with its folder beside the original', 'second', {}, { isAlsoThere: true }],
  ])('is held: %s', (_name, reason, inFile, inFolder) => {
    expect(decideHold({ ...file, ...inFile }, { ...around, ...inFolder })).toBe(reason)
  })
})
