// Names that people give and write again: of lists, campaigns, senders, users, tags, fields. A name is stored and shown in one
// form, and two names are the same when their keys are, however they were typed: composed or not, in upper or lower case, with
// spaces around or invisible characters within. Whatever stores or compares a name asks here.

import { hasFormOfId } from './ids.ts'

/** A name as it is stored and shown: composed (NFC), with single spaces inside and none around. */
export function plainName(text: string): string {
  return text.normalize('NFC').trim().replace(/\s+/gu, ' ')
}

/** What no name has: it breaks the line, turns the text around, or is no character at all. A tab counts as a space. */
const unnameable = /[^\P{Cc}\t]|[\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\p{Noncharacter_Code_Point}]/u
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u

/** What nobody sees, in whatever font. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu

/** Why a text is no name that anyone may give; undefined when it is one. */
export function nameProblem(text: string): string | undefined {
  const name = text.trim()
  const found = unnameable.exec(name)
  if (found !== null) {
    const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return `has the character U+${code} at position ${found.index + 1}, which no name may have`
  }
  const seen = name.replace(ignorable, '')
  if (name !== '' && !visible.test(seen)) return 'has no letter, digit or sign that anyone sees'
  // It would be taken for the thing that has this id, or that will have it.
  return hasFormOfId(nameKey(seen)) ? 'reads as an id, which names something else' : undefined
}

const unnameables = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\p{Noncharacter_Code_Point}]/gu

/** The name of something foreign, which is shown and not chosen, without what no name has. */
export function withoutUnnameables(text: string): string {
  return text.replace(unnameables, '')
}

/** What the name of a list or a sender may be, once it is plain. */
export const namePattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]{0,99}$/u

/** What to say of a text that no list may be called; undefined for one that may. */
export function listNameProblem(text: string): { problem: string; hint: string } | undefined {
  if (nameProblem(text) === undefined && namePattern.test(plainName(text))) return undefined
  return {
    problem: `"${text.slice(0, 60)}" is not a list name`,
    hint: 'Use 1 to 100 letters, digits, spaces, dots, - and _.',
  }
}

/** Of such names only case and spaces can differ. */
const plainAscii = /^[\x20-\x7e]*$/

/** What two spellings of one name have in common. */
export function nameKey(text: string): string {
  // Most names are such, and a search compares thousands of them.
  if (plainAscii.test(text)) return text.trim().replace(/ +/g, ' ').toLowerCase()
  return plainName(text.replace(ignorable, '')).toLowerCase().normalize('NFC')
}

export function isSameName(one: string, other: string): boolean {
  return one === other || nameKey(one) === nameKey(other)
}

/** The row of a name. One that is spelled exactly so comes first: older rows may differ in nothing but their case. */
export function findNamed<T extends { name: string }>(rows: readonly T[], name: string): T | undefined {
  const key = nameKey(name)
  return rows.find((row) => row.name === name) ?? rows.find((row) => nameKey(row.name) === key)
}

/** What a tag may be. */
export const tagPattern = /^[a-zA-Z0-9_ -]{1,50}$/

/** A tag as it is stored: tags have no case. */
export function tagName(text: string): string {
  return nameKey(text)
}

/** The name by which filters and texts know a field: `First Name` is first_name. */
export function fieldName(column: string): string {
  return column
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
}
