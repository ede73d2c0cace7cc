// Values of flags: checked where they stand, with the allowed range; a flag given twice is a mistake.
import { InvalidArgumentError } from 'commander'
import { nearestWord } from '../domain/errors.ts'
import { decimalIn, wholeIn } from '../domain/number-text.ts'

export type Parse<T> = (value: string, previous: T | undefined) => T

/** A flag that may stand once. */
export function once<T>(read: (value: string) => T): Parse<T> {
  return (value, previous) => {
    if (previous !== undefined) throw new InvalidArgumentError('It is given twice.')
    if (value.trim() === '') throw new InvalidArgumentError('It has no value.')
    return read(value)
  }
}

export const text: Parse<string> = once((value) => value)

/** A file or folder that is no stream: `-`, which means a stream elsewhere, would become its name. */
export function fileName(value: string): string {
  if (value === '-') throw new InvalidArgumentError('It needs a name; ./- names a file that is called so.')
  return value
}

export const file: Parse<string> = once(fileName)

/** A repeatable flag. */
export function texts(value: string, previous: string[] | undefined): string[] {
  if (value.trim() === '') throw new InvalidArgumentError('It has no value.')
  return [...(previous ?? []), value]
}

/** Most people that can be named. */
export const COUNT_MAX = 1_000_000_000

export function wholeNumber(min: number, max: number): Parse<number> {
  return once((value) => {
    const number = wholeIn(value) ?? Number.NaN
    if (number >= min && number <= max) return number
    throw new InvalidArgumentError(`Allowed are whole numbers from ${min} to ${max}.`)
  })
}

export function decimal(above: number, max: number): Parse<number> {
  return once((value) => {
    const number = decimalIn(value) ?? Number.NaN
    if (number > above && number <= max) return number
    throw new InvalidArgumentError(`Allowed are numbers above ${above}, at most ${max}.`)
  })
}

export function oneOf<T extends string>(allowed: readonly T[]): Parse<T> {
  return once((value) => {
    const found = allowed.find((word) => word === value)
    if (found !== undefined) return found
    throw unknownWord(value, allowed)
  })
}

function unknownWord(word: string, allowed: readonly string[]): InvalidArgumentError {
  const nearest = nearestWord(word, allowed)
  return new InvalidArgumentError(
    `${nearest === undefined ? '' : `Did you mean ${nearest}? `}Allowed are ${allowed.join(', ')}.`,
  )
}

/** A repeatable flag with one of the words each time. */
export function manyOf<T extends string>(allowed: readonly T[]): (value: string, previous: T[] | undefined) => T[] {
  return (value, previous) => {
    const found = allowed.find((word) => word === value)
    if (found === undefined) throw unknownWord(value, allowed)
    return [...(previous ?? []), found]
  }
}

/** A flag with several of the words, separated by commas. */
export function listOf<T extends string>(allowed: readonly T[]): Parse<T[]> {
  return once((value) =>
    value.split(',').map((part) => {
      const found = allowed.find((word) => word === part.trim())
      if (found === undefined) throw unknownWord(part.trim(), allowed)
      return found
    }),
  )
}

/** `--map column=field`, as often as needed. */
export function mapping(value: string, previous: Record<string, string> | undefined): Record<string, string> {
  const at = value.lastIndexOf('=')
  const column = value.slice(0, Math.max(0, at)).trim()
  const field = value.slice(at + 1).trim()
  if (at < 1 || column === '' || field === '')
    throw new InvalidArgumentError('Write it as column=field, for example mobil=phone.')
  if (previous !== undefined && Object.hasOwn(previous, column))
    throw new InvalidArgumentError(`The column "${column}" is given twice.`)
  return { ...previous, [column]: field }
}
